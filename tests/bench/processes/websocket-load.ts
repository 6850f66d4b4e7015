import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { answer, onOrder } from "../child-side.ts";

export type WebSocketOrder = {
  readonly port: number;
  readonly sockets: number;
  readonly messages: number;
  readonly messageBytes: number;
  readonly head: string;
};
export type WebSocketResult = { readonly seconds: number };

/** Each socket sends a message, waits for its echo, and sends the next. */
async function load({ port, sockets, messages, messageBytes, head }: WebSocketOrder): Promise<WebSocketResult> {
  const frame = maskedFrame(messageBytes);
  const opened = await Promise.all(Array.from({ length: sockets }, () => open(port, head)));
  const work = { left: messages };
  const started = performance.now();
  await Promise.all(opened.map((socket) => converse(socket, frame, work)));
  const seconds = (performance.now() - started) / 1000;
  for (const socket of opened) socket.destroy();
  return { seconds };
}

async function open(port: number, head: string): Promise<Socket> {
  const socket = connect({ port, host: "127.0.0.1", noDelay: true });
  await once(socket, "connect");
  socket.write(head, "latin1");
  const [first] = (await once(socket, "data")) as [Buffer];
  const text = first.toString("latin1");
  if (!text.startsWith("HTTP/1.1 101 ") || !text.endsWith("\r\n\r\n")) throw new Error(`no WebSocket: ${text}`);
  return socket;
}

function converse(socket: Socket, frame: Buffer, work: { left: number }): Promise<void> {
  return new Promise((resolve, reject) => {
    let missing = 0;
    const next = () => {
      if (work.left <= 0) return resolve();
      work.left--;
      missing = frame.length;
      socket.write(frame);
    };
    socket.on("error", reject);
    socket.on("data", (chunk: Buffer) => {
      missing -= chunk.length;
      if (missing === 0) next();
    });
    next();
  });
}

/** A binary frame as a client sends it (RFC 6455 §5.2), with a mask of zeros; the payload stays below the 16-bit length. */
function maskedFrame(payloadBytes: number): Buffer {
  const long = payloadBytes > 125;
  const head = Buffer.alloc((long ? 4 : 2) + 4);
  head[0] = 0x82;
  head[1] = 0x80 | (long ? 126 : payloadBytes);
  if (long) head.writeUInt16BE(payloadBytes, 2);
  return Buffer.concat([head, Buffer.alloc(payloadBytes, 0x61)]);
}

onOrder(load);
answer({});
