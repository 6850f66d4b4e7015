import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { answer, onOrder } from "../child-side.ts";

export type HttpOrder = {
  readonly port: number;
  readonly connections: number;
  readonly requests: number;
  /** The whole head, blank line included. */
  readonly head: string;
};
export type HttpResult = { readonly seconds: number };

/** A closed loop of keep-alive connections: each sends its next request when it has the whole answer to the last. */
async function load({ port, connections, requests, head }: HttpOrder): Promise<HttpResult> {
  const bytes = Buffer.from(head, "latin1");
  const work = { left: requests };
  const started = performance.now();
  await Promise.all(Array.from({ length: connections }, () => oneConnection(port, bytes, work)));
  return { seconds: (performance.now() - started) / 1000 };
}

async function oneConnection(port: number, head: Buffer, work: { left: number }): Promise<void> {
  const socket = connect({ port, host: "127.0.0.1", noDelay: true });
  await once(socket, "connect");
  await new Promise<void>((resolve, reject) => {
    const next = () => {
      if (work.left <= 0) return resolve();
      work.left--;
      socket.write(head);
    };
    socket.on("error", reject);
    socket.on("close", () => reject(new Error("the proxy closed a connection")));
    eachAnswer(socket, next, reject);
    next();
  });
  socket.removeAllListeners("close");
  socket.destroy();
}

/** Only what the stub upstream sends is understood: a Content-Length and status 200. Anything else ends the measurement. */
function eachAnswer(socket: Socket, whole: () => void, wrong: (error: Error) => void): void {
  let text = "";
  socket.setEncoding("latin1");
  socket.on("data", (chunk: string) => {
    text = text === "" ? chunk : text + chunk;
    const end = text.indexOf("\r\n\r\n");
    if (end < 0) return;
    if (!text.startsWith("HTTP/1.1 200 ")) return wrong(new Error(`the answer was ${text.slice(0, 500)}`));
    const length = /\r\ncontent-length: (\d+)/i.exec(text)?.[1];
    if (length === undefined) return wrong(new Error(`the answer has no length: ${text.slice(0, 500)}`));
    if (text.length < end + 4 + Number(length)) return;
    text = "";
    whole();
  });
}

onOrder(load);
answer({});
