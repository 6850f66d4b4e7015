import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { type Dispatcher, Pool } from "undici";
import { answer, settings } from "../child-side.ts";

/**
 * The ceiling for an HTTP proxy in Node: node:http in front, undici's `dispatch` behind, header lines handed on as they are. It checks
 * nothing, so nobody could run it; it only says what the two libraries cost. It keeps its connections as the edge does, and sends on the
 * lines it got and no more: the edge's five of its own (X-Forwarded-*, X-Request-Id) and the server's secret are part of what is measured.
 */
const { upstreamPort } = settings<{ upstreamPort: number }>();
const pool = new Pool(`http://127.0.0.1:${upstreamPort}`, { connections: 256, pipelining: 1 });

class PassThrough implements Dispatcher.DispatchHandler {
  readonly #response: ServerResponse;
  #resume: () => void = () => undefined;

  constructor(response: ServerResponse) {
    this.#response = response;
  }

  onConnect(): void {}

  onHeaders(status: number, lines: Buffer[], resume: () => void): boolean {
    this.#resume = resume;
    const headers: string[] = [];
    for (let index = 0; index < lines.length; index += 2) {
      const name = lines[index]?.toString("latin1") ?? "";
      const lower = name.toLowerCase();
      if (lower !== "connection" && lower !== "keep-alive" && lower !== "transfer-encoding")
        headers.push(name, lines[index + 1]?.toString("latin1") ?? "");
    }
    this.#response.writeHead(status, headers);
    return true;
  }

  onData(chunk: Buffer): boolean {
    if (this.#response.write(chunk)) return true;
    this.#response.once("drain", this.#resume);
    return false;
  }

  onComplete(): void {
    this.#response.end();
  }

  onError(): void {
    this.#response.destroy();
  }
}

const server = createServer((request, response) => {
  const headers: string[] = [];
  for (let index = 0; index < request.rawHeaders.length; index += 2) {
    const name = request.rawHeaders[index] ?? "";
    const lower = name.toLowerCase();
    if (lower !== "connection" && lower !== "keep-alive" && lower !== "transfer-encoding")
      headers.push(name, request.rawHeaders[index + 1] ?? "");
  }
  const hasBody = request.headers["content-length"] !== undefined || request.headers["transfer-encoding"] !== undefined;
  const method = (request.method ?? "GET") as Dispatcher.HttpMethod;
  pool.dispatch(
    { path: request.url ?? "/", method, headers, body: hasBody ? request : null },
    new PassThrough(response),
  );
});
// A profile is written at the end of a process that ends by itself.
process.once("SIGTERM", () => process.exit(0));
server.listen(0, "127.0.0.1", () => answer({ port: (server.address() as AddressInfo).port }));
