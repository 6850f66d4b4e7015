import { once } from "node:events";
import { connect } from "node:net";
import { answer, onOrder } from "../child-side.ts";

export type FloodOrder = {
  readonly port: number;
  /** The head of the upgrade, blank line included. */
  readonly head: string;
  readonly kind: "messages" | "fragments" | "pings";
  readonly bytes: number;
};
export type FloodResult = { readonly seconds: number };

/** A masked frame (RFC 6455 §5.2), its mask all zeros. */
function frame(opcode: number, payload: Buffer): Buffer {
  const length = payload.length < 126 ? [0x80 | payload.length] : [0xfe, payload.length >> 8, payload.length & 255];
  return Buffer.concat([Buffer.from([opcode, ...length, 0, 0, 0, 0]), payload]);
}

const pieces: Record<FloodOrder["kind"], Buffer> = {
  messages: frame(0x82, Buffer.alloc(60_000)),
  fragments: frame(0x00, Buffer.from("a")),
  pings: frame(0x89, Buffer.from("p")),
};

/** Sends so many bytes over one WebSocket, as fast as they are taken, and waits until all have come back from the stub. */
async function flood({ port, head, kind, bytes }: FloodOrder): Promise<FloodResult> {
  const socket = connect({ port, host: "127.0.0.1", noDelay: true });
  await once(socket, "connect");
  socket.write(head, "latin1");
  await once(socket, "data");
  const started = performance.now();
  const block = Buffer.alloc(Math.max(64 * 1024, pieces[kind].length), pieces[kind]);
  const whole = block.subarray(0, block.length - (block.length % pieces[kind].length));
  let [sent, back] = [0, 0];
  const returned = new Promise<void>((resolve, reject) => {
    socket.on("data", (chunk: Buffer) => {
      back += chunk.length;
      if (sent >= bytes && back >= sent) resolve();
    });
    socket.on("close", () => reject(new Error("the WebSocket was closed")));
  });
  while (sent < bytes) {
    sent += whole.length;
    if (!socket.write(whole)) await once(socket, "drain");
  }
  await returned;
  socket.removeAllListeners("close").destroy();
  return { seconds: (performance.now() - started) / 1000 };
}

onOrder(flood);
answer({});
