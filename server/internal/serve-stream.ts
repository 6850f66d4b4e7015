import type { StreamLine } from "./messages.ts";
import type { StreamSource } from "./stream-source.ts";

const pingEveryMs = 5000;
/** An edge that reads slower than the hub writes is cut off at this many bytes; it comes back and takes a snapshot. */
const maxBufferedBytes = 64 * 1024 * 1024;

/** As much of a ServerResponse as a stream needs. */
type Sink = {
  readonly destroyed: boolean;
  readonly writableLength: number;
  readonly socket: { setNoDelay(noDelay: boolean): unknown } | null;
  writeHead(status: number, headers: Record<string, string>): unknown;
  write(text: string): unknown;
  destroy(): unknown;
  on(event: "close", listener: () => void): unknown;
};

/** One edge's stream: a snapshot, then every change, and a ping when nothing happens. */
export async function serveStream(
  hub: { readonly stream: Pick<StreamSource, "subscribe" | "ping" | "lookAtView"> },
  response: Sink,
): Promise<void> {
  response.writeHead(200, { "content-type": "application/x-ndjson", "cache-control": "no-store" });
  response.socket?.setNoDelay(true);
  const write = (line: StreamLine) => {
    if (response.writableLength > maxBufferedBytes) response.destroy();
    else response.write(`${JSON.stringify(line)}\n`);
  };
  const unsubscribe = await hub.stream.subscribe(write);
  // The edge may have gone while the snapshot was read: its "close" is over then and comes no more.
  if (response.destroyed) return unsubscribe();
  const ping = setInterval(() => {
    write(hub.stream.ping());
    void hub.stream.lookAtView();
  }, pingEveryMs);
  response.on("close", () => {
    clearInterval(ping);
    unsubscribe();
  });
}
