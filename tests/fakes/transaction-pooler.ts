import { once } from "node:events";
import { createConnection, createServer, type Socket } from "node:net";

/**
 * The essence of a pooler in transaction mode: sessions share one backend and hold it from the first query of a transaction to
 * its end. Speaks just enough of PostgreSQL's protocol (simple queries, no password) for what refuses such poolers.
 */
export async function transactionPooler(
  backendSocket: string,
  startup: Buffer,
): Promise<{ port: number; close(): void }> {
  const backend = createConnection(backendSocket);
  const answers = new Messages(backend);
  backend.write(startup);
  let greeting = Buffer.alloc(0);
  for (let last = ""; last !== "Z"; ) {
    const message = await answers.next();
    last = String.fromCharCode(message[0] ?? 0);
    greeting = Buffer.concat([greeting, message]);
  }
  let free: Promise<void> = Promise.resolve();
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined);
    void serve(socket);
  });

  async function serve(socket: Socket): Promise<void> {
    await once(socket, "data");
    socket.write(greeting);
    const queries = new Messages(socket);
    let release: (() => void) | undefined;
    for (;;) {
      const query = await queries.next();
      if (query[0] !== "Q".charCodeAt(0)) return;
      if (!release) {
        const before = free;
        const mine = Promise.withResolvers<void>();
        free = mine.promise;
        release = mine.resolve;
        await before;
      }
      backend.write(query);
      for (;;) {
        const answer = await answers.next();
        socket.write(answer);
        if (answer[0] !== "Z".charCodeAt(0)) continue;
        if (answer[5] === "I".charCodeAt(0)) {
          release();
          release = undefined;
        }
        break;
      }
    }
  }

  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  return {
    port: typeof address === "object" && address ? address.port : 0,
    close: () => {
      server.close();
      backend.destroy();
      for (const socket of sockets) socket.destroy();
    },
  };
}

/** Cuts a stream into messages: one byte of type, four of length. */
class Messages {
  #buffer = Buffer.alloc(0);
  #arrived = Promise.withResolvers<void>();

  constructor(socket: Socket) {
    socket.on("data", (chunk: Buffer) => {
      this.#buffer = Buffer.concat([this.#buffer, chunk]);
      this.#arrived.resolve();
    });
  }

  async next(): Promise<Buffer> {
    while (this.#buffer.length < 5 || this.#buffer.length < 1 + this.#buffer.readUInt32BE(1)) {
      this.#arrived = Promise.withResolvers();
      await this.#arrived.promise;
    }
    const length = 1 + this.#buffer.readUInt32BE(1);
    const message = this.#buffer.subarray(0, length);
    this.#buffer = this.#buffer.subarray(length);
    return message;
  }
}

export function startupMessage(user: string, database: string): Buffer {
  const fields = Buffer.from(`user\0${user}\0database\0${database}\0\0`);
  const head = Buffer.alloc(8);
  head.writeUInt32BE(fields.length + 8, 0);
  head.writeUInt32BE(196_608, 4);
  return Buffer.concat([head, fields]);
}
