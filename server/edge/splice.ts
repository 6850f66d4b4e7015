import type { Socket } from "node:net";
import type { ClientFrames } from "./client-frames.ts";
import type { EndReason, Exchange, Visitor } from "./run.ts";
import { closeFrame } from "./websocket.ts";

/** How long a side may take to read what is still under way to it before it is cut off. */
const lingerMs = 5000;

const farewells: Record<EndReason, Buffer> = {
  "session-ended": closeFrame(4401, "session ended"),
  "route-changed": closeFrame(1012, "the server stopped or moved"),
  closing: closeFrame(1012, "come back in a moment"),
};

/**
 * Two sockets and nothing between them. What one sends the other gets; when one is done, both are (configurable-http-proxy#434 leaked
 * the second one).
 */
export function splice(
  client: Socket,
  upstream: Socket,
  frames: ClientFrames,
  { visitor, over }: { readonly visitor: Visitor | null; over(exchange: Exchange): void },
): Exchange {
  for (const socket of [client, upstream]) {
    socket.setTimeout(0);
    socket.setNoDelay(true);
    socket.setKeepAlive(true, 60_000);
  }
  const bytesBefore = client.bytesRead + client.bytesWritten;
  const exchange: Exchange = {
    place: -1,
    visitor,
    webSocket: true,
    clientFrames: () => frames.count,
    bytes: () => client.bytesRead + client.bytesWritten - bytesBefore,
    end: (reason) => {
      upstream.unpipe(client);
      upstream.destroy();
      if (client.writable) client.write(farewells[reason]);
      finish(client);
    },
  };
  const partnersDone = () => {
    finish(client);
    finish(upstream);
  };
  client.on("error", () => client.destroy());
  upstream.on("error", () => upstream.destroy());
  client.on("close", partnersDone);
  upstream.on("close", partnersDone);
  client.on("end", partnersDone);
  upstream.on("end", partnersDone);
  client.once("close", () => over(exchange));
  client.on("data", (chunk: Buffer) => frames.see(chunk));
  client.pipe(upstream);
  upstream.pipe(client);
  return exchange;
}

/** Ends a socket once what was written is out, or after a while in any case. */
function finish(socket: Socket): void {
  if (socket.destroyed) return;
  socket.destroySoon();
  socket.setTimeout(lingerMs, () => socket.destroy());
}
