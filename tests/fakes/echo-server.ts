import { createServer, type IncomingMessage, type RequestListener } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { type WebSocket, WebSocketServer } from "ws";

export type Echoed = {
  readonly who: string;
  readonly method: string;
  readonly target: string;
  readonly headers: readonly string[];
};

/** A program in somebody's server: answers with what it was sent, repeats what a WebSocket says, and remembers who came. */
export class EchoServer {
  /** Heads of everything that reached it, probes of the hub included. */
  readonly seen: Echoed[] = [];
  /** What it answers instead, when a test wants something else. */
  answer: RequestListener | null = null;
  connectionsEver = 0;
  readonly #who: string;
  readonly #sockets = new Set<Socket>();
  readonly #webSockets = new WebSocketServer({ noServer: true });
  readonly #http = createServer((request, response) => {
    const echoed = this.#note(request);
    if (this.answer !== null) return void this.answer(request, response);
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify(echoed));
  });

  constructor(who: string) {
    this.#who = who;
    this.#http.on("connection", (socket: Socket) => {
      this.connectionsEver += 1;
      this.#sockets.add(socket);
      socket.on("close", () => this.#sockets.delete(socket));
    });
    this.#http.on("upgrade", (request, socket, head) => {
      this.#note(request);
      this.#webSockets.handleUpgrade(request, socket, head, (webSocket) => {
        webSocket.on("message", (data) => webSocket.send(`${this.#who}: ${String(data)}`));
      });
    });
  }

  get openConnections(): number {
    return this.#sockets.size;
  }

  get openWebSockets(): ReadonlySet<WebSocket> {
    return this.#webSockets.clients;
  }

  async listen(port = 0): Promise<number> {
    await new Promise<void>((resolve, reject) => {
      this.#http.once("error", reject);
      this.#http.listen(port, "127.0.0.1", resolve);
    });
    return (this.#http.address() as AddressInfo).port;
  }

  /** At once, as a killed process goes. */
  close(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#http.close();
  }

  #note(request: IncomingMessage): Echoed {
    const { method = "", url = "", rawHeaders } = request;
    const echoed = { who: this.#who, method, target: url, headers: rawHeaders };
    this.seen.push(echoed);
    return echoed;
  }
}
