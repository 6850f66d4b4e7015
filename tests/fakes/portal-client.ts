import { request as httpRequest, type IncomingHttpHeaders } from "node:http";
import superjson, { type SuperJSONResult } from "superjson";
import { WebSocket } from "ws";
import type { Echoed } from "./echo-server.ts";

export type Ask = {
  readonly method?: string;
  readonly host?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
};

export type Answer = {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly setCookies: readonly string[];
  readonly text: string;
  /** The body as JSON. */
  json(): Record<string, unknown>;
  /** What a server's program got, when it was one that answered. */
  echoed(): Echoed & { valuesOf(name: string): string[] };
};

export type Where = { readonly port: number } | { readonly socketPath: string };

/** One request on a connection of its own. Nothing is followed, nothing is kept. */
export async function send(where: Where, path: string, ask: Ask = {}): Promise<Answer> {
  const to = "port" in where ? { host: "127.0.0.1", port: where.port } : where;
  return await new Promise((resolve, reject) => {
    const asked = httpRequest({
      ...to,
      path,
      method: ask.method ?? "GET",
      agent: false,
      timeout: 30_000,
      headers: {
        ...(ask.host === undefined ? {} : { host: ask.host }),
        // Node frames a DELETE's body by itself only when asked to.
        ...(ask.body === undefined ? {} : { "content-length": String(Buffer.byteLength(ask.body)) }),
        connection: "close",
        ...ask.headers,
      },
    });
    asked.on("timeout", () => asked.destroy(new Error(`no answer from ${path} within 30 s`)));
    asked.on("error", reject);
    asked.on("response", (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => {
        text += chunk;
      });
      response.on("error", reject);
      response.on("end", () => resolve(answerOf(response.statusCode ?? 0, response.headers, text)));
    });
    asked.end(ask.body);
  });
}

function answerOf(status: number, headers: IncomingHttpHeaders, text: string): Answer {
  return {
    status,
    headers,
    text,
    setCookies: headers["set-cookie"] ?? [],
    json: () => JSON.parse(text) as Record<string, unknown>,
    echoed: () => {
      const echoed = JSON.parse(text) as Echoed;
      const valuesOf = (name: string) =>
        echoed.headers.filter((_value, index) => index % 2 === 1 && echoed.headers[index - 1]?.toLowerCase() === name);
      return { ...echoed, valuesOf };
    },
  };
}

export type Called = {
  readonly status: number;
  readonly data: unknown;
  /** `null` when it went well. */
  readonly code: string | null;
  readonly message: string;
};

/** What tRPC's batch-less HTTP form says, read. */
export function readTrpc(answer: Answer): Called {
  if (answer.headers["content-type"] === "text/event-stream") return readEvents(answer);
  const body = answer.json() as {
    result?: { data: SuperJSONResult };
    error?: { json: { message: string; data: { hubCode: string } } };
    code?: string;
    message?: string;
  };
  if (body.result !== undefined)
    return { status: answer.status, data: superjson.deserialize(body.result.data), code: null, message: "" };
  // Refused before tRPC was asked: the listener's own words.
  if (body.error === undefined)
    return { status: answer.status, data: null, code: body.code ?? "none", message: body.message ?? "" };
  const { message, data } = body.error.json;
  return { status: answer.status, data: null, code: data.hubCode, message };
}

/** A subscription that came to its end: its first item, or the error it ended with. */
function readEvents({ status, text }: Answer): Called {
  const events = text.split("\n\n").map((block) => ({
    kind: /^event: (.*)$/m.exec(block)?.[1] ?? "item",
    data: /^data: (.*)$/m.exec(block)?.[1] ?? "null",
  }));
  const failed = events.find(({ kind }) => kind === "serialized-error");
  if (failed === undefined)
    return {
      status,
      data: JSON.parse(events.find(({ kind }) => kind === "item")?.data ?? "null"),
      code: null,
      message: "",
    };
  const shape = JSON.parse(failed.data) as { json: { message: string; data: { hubCode: string } } };
  return { status, data: null, code: shape.json.data.hubCode, message: shape.json.message };
}

/** A browser's WebSocket: what came, and how it ended. */
export class Line {
  readonly heard: string[] = [];
  closedWith: { readonly code: number; readonly reason: string } | null = null;
  readonly #socket: WebSocket;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on("message", (data) => this.heard.push(String(data)));
    socket.on("error", () => undefined);
    socket.on("close", (code, reason) => {
      this.closedWith = { code, reason: reason.toString() };
    });
  }

  /** The open line, or the status the upgrade was refused with. */
  static async open(port: number, path: string, headers: Record<string, string>): Promise<Line | number> {
    const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`, { headers });
    const line = new Line(socket);
    return await new Promise((resolve, reject) => {
      socket.on("open", () => resolve(line));
      socket.on("unexpected-response", (_request, response) => {
        response.resume();
        socket.terminate();
        resolve(response.statusCode ?? 0);
      });
      socket.on("error", reject);
    });
  }

  get isOpen(): boolean {
    return this.#socket.readyState === WebSocket.OPEN;
  }

  say(text: string): void {
    this.#socket.send(text);
  }

  hangUp(): void {
    this.#socket.terminate();
  }
}
