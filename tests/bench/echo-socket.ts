import { once } from "node:events";
import { connect, type Socket } from "node:net";

/** A WebSocket to the stub of a server, which sends every frame back as it came. */
export class EchoSocket {
  closed = false;
  readonly #socket: Socket;

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("close", () => {
      this.closed = true;
    });
    socket.on("error", () => socket.destroy());
  }

  static async open(port: number, head: string): Promise<EchoSocket> {
    const socket = connect({ port, host: "127.0.0.1", noDelay: true });
    await once(socket, "connect");
    socket.write(head, "latin1");
    const [first] = (await once(socket, "data")) as [Buffer];
    if (!first.toString("latin1").startsWith("HTTP/1.1 101 "))
      throw new Error(`no WebSocket: ${first.toString("latin1")}`);
    return new EchoSocket(socket);
  }

  /** Whether what is sent now comes back. */
  async echoes(): Promise<boolean> {
    if (this.closed) return false;
    // A masked text frame (RFC 6455 §5.2) that says "hello", with a mask of zeros.
    const frame = Buffer.from([0x81, 0x85, 0, 0, 0, 0, 0x68, 0x65, 0x6c, 0x6c, 0x6f]);
    const answer = Promise.race([once(this.#socket, "data"), once(this.#socket, "close")]);
    this.#socket.write(frame);
    const [data] = (await answer) as [unknown];
    return Buffer.isBuffer(data) && data.equals(frame);
  }

  destroy(): void {
    this.#socket.destroy();
  }
}
