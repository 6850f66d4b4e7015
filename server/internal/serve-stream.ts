import type { ServerResponse } from "node:http";
import type { Hub } from "#server/hub.ts";
import type { StreamLine } from "./messages.ts";

const pingEveryMs = 5000;
/** An edge that reads slower than the hub writes is cut off at this many bytes; it comes back and takes a snapshot. */
const maxBufferedBytes = 64 * 1024 * 1024;

/** One edge's stream: a snapshot, then every change, and a ping when nothing happens. */
export async function serveStream(hub: Hub, response: ServerResponse): Promise<void> {
  response.writeHead(200, { "content-type": "application/x-ndjson", "cache-control": "no-store" });
  response.socket?.setNoDelay(true);
  const write = (line: StreamLine) => {
    if (response.writableLength > maxBufferedBytes) response.destroy();
    else response.write(`${JSON.stringify(line)}\n`);
  };
  const unsubscribe = await hub.stream.subscribe(write);
  // The edge may have gone while the snapshot was read: its "close" is over then and comes no more.
  if (response.destroyed) return unsubscribe();
  const ping = setInterval(() => write(hub.stream.ping()), pingEveryMs);
  response.on("close", () => {
    clearInterval(ping);
    unsubscribe();
  });
}
