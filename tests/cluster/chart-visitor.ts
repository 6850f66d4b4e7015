import { randomUUID } from "node:crypto";
import { text } from "node:stream/consumers";
import { request } from "undici";
import { WebSocket } from "ws";
import type { Release } from "./chart-release.ts";
import { publicUrl } from "./chart-values.ts";
import { waitFor } from "./processes.ts";

export type Answer = {
  readonly status: number;
  readonly text: string;
  readonly cookies: readonly string[];
  readonly retryAfterSeconds: number | null;
};

/** An upgrade that was answered as a request. */
export class LineRefused extends Error {
  readonly status: number;
  readonly retryAfterSeconds: number | null;

  constructor(status: number, retryAfter: string | undefined, text: string) {
    super(`a WebSocket was refused with ${status} ${text}`);
    this.status = status;
    this.retryAfterSeconds = secondsOf(retryAfter);
  }
}

/** People and scripts before the portal's Service, under its public name: by a login, or by a token. */
export class Visitor {
  readonly #address: string;
  readonly #publicUrl: URL;
  readonly #credential: Readonly<Record<string, string>>;

  constructor(address: string, publicUrl: string, credential: Readonly<Record<string, string>> = {}) {
    this.#address = address;
    this.#publicUrl = new URL(publicUrl);
    this.#credential = credential;
  }

  /** Through the Service of a release, as soon as the node knows that somebody is behind it. */
  static async of(release: Release): Promise<Visitor> {
    const visitor = new Visitor(await release.serviceAddress("proxy-public"), publicUrl);
    const health = () =>
      visitor.ask("GET", "/edge/health").then(
        ({ status }) => status,
        () => 0,
      );
    await waitFor("the portal's Service leads to it", 30, async () => (await health()) === 200);
    return visitor;
  }

  withToken(token: string): Visitor {
    return new Visitor(this.#address, this.#publicUrl.origin, { authorization: `token ${token}` });
  }

  async ask(method: "GET" | "POST" | "DELETE", path: string, body?: object | URLSearchParams): Promise<Answer> {
    const isForm = body instanceof URLSearchParams;
    const type = isForm ? "application/x-www-form-urlencoded" : "application/json";
    const response = await request(`http://${this.#address}${path}`, {
      method,
      headers: { ...this.#headers(), ...(body === undefined ? {} : { "content-type": type }) },
      ...(body === undefined ? {} : { body: isForm ? body.toString() : JSON.stringify(body) }),
    });
    const cookies = [response.headers["set-cookie"] ?? []].flat();
    const retryAfterSeconds = secondsOf(response.headers["retry-after"]);
    return { status: response.statusCode, text: await response.body.text(), cookies, retryAfterSeconds };
  }

  /** Must go well. */
  async json(method: "GET" | "POST", path: string, body?: object): Promise<unknown> {
    const { status, text } = await this.ask(method, path, body);
    if (status >= 300) throw new Error(`${method} ${path}: ${status} ${text}`);
    return text === "" ? null : JSON.parse(text);
  }

  /** The login page's own two requests (app/_auth/sign-in.ts). */
  async logIn(username: string, password: string): Promise<Visitor> {
    const first = await this.ask("GET", "/api/auth/csrf");
    const { csrfToken } = JSON.parse(first.text) as { csrfToken: string };
    const fields = { username, password, csrfToken, json: "true", callbackUrl: "/hub/home" };
    const second = await this.#with(first.cookies).ask("POST", "/api/auth/callback/local", new URLSearchParams(fields));
    const { url } = JSON.parse(second.text) as { url?: string };
    if (url === undefined || new URL(url).pathname !== "/hub/home") throw new Error(`the login led to ${second.text}`);
    return this.#with(second.cookies);
  }

  #with(cookies: readonly string[]): Visitor {
    const cookie = cookies.map((line) => line.split(";", 1)[0] ?? "").join("; ");
    return new Visitor(this.#address, this.#publicUrl.origin, { cookie });
  }

  async line(path: string): Promise<HeldLine> {
    const socket = new WebSocket(`ws://${this.#address}${path}`, { headers: this.#headers() });
    return await HeldLine.open(socket);
  }

  /** A new kernel of that kind runs one cell: its result, or what went wrong. */
  async runCell(prefix: string, kernelName: string, code: string): Promise<string> {
    return await this.runCellIn(prefix, await this.newKernel(prefix, kernelName), code);
  }

  async newKernel(prefix: string, kernelName: string): Promise<string> {
    return ((await this.json("POST", `${prefix}api/kernels`, { name: kernelName })) as { id: string }).id;
  }

  /** As a page that was opened again does: a new WebSocket to the kernel there is. */
  async runCellIn(prefix: string, id: string, code: string): Promise<string> {
    const line = await this.line(`${prefix}api/kernels/${id}/channels?session_id=${randomUUID()}`);
    try {
      line.say(executeRequest(code));
      return await line.first((text) => outcomeOf(JSON.parse(text)));
    } finally {
      line.hangUp();
    }
  }

  #headers(): Record<string, string> {
    return { host: this.#publicUrl.host, origin: this.#publicUrl.origin, ...this.#credential };
  }
}

export class LineEnded extends Error {}

/** A WebSocket that notes when it ended, and how. */
export class HeldLine {
  readonly #socket: WebSocket;
  ended: { readonly atMs: number; readonly code: number } | null = null;
  heard = 0;
  #listener: (text: string) => void = () => undefined;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on("message", (data) => {
      this.heard += 1;
      this.#listener(String(data));
    });
    socket.on("close", (code) => {
      this.ended = { atMs: Date.now(), code };
    });
  }

  static async open(socket: WebSocket): Promise<HeldLine> {
    const line = new HeldLine(socket);
    await new Promise((resolve, reject) => {
      socket.once("open", resolve).once("error", reject);
      socket.once("unexpected-response", (_request, answer) => {
        const { statusCode = 0, headers } = answer;
        text(answer).then((said) => reject(new LineRefused(statusCode, headers["retry-after"], said)), reject);
      });
    });
    socket.on("error", () => undefined);
    return line;
  }

  say(text: string): void {
    this.#socket.send(text);
  }

  /** What the first message that means something means. */
  async first<T>(read: (text: string) => T | undefined): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    const ended = () => reject(new LineEnded("the WebSocket ended without an answer"));
    if (this.ended !== null) ended();
    this.#socket.once("close", ended);
    this.#listener = (text) => {
      const found = read(text);
      if (found !== undefined) resolve(found);
    };
    return await promise.finally(() => this.#socket.off("close", ended));
  }

  hangUp(): void {
    this.#socket.terminate();
  }
}

function secondsOf(header: string | string[] | undefined): number | null {
  return header === undefined ? null : Number(header);
}

type Message = {
  readonly msg_type: string;
  readonly content: { readonly text?: string; readonly evalue?: string; readonly data?: Record<string, string> };
};

function outcomeOf({ msg_type, content }: Message): string | undefined {
  if (msg_type === "stream") return content.text?.trim();
  if (msg_type === "execute_result" || msg_type === "display_data") return content.data?.["text/plain"] ?? "";
  return msg_type === "error" ? `error: ${content.evalue ?? ""}` : undefined;
}

function executeRequest(code: string): string {
  const header = { msg_id: randomUUID(), msg_type: "execute_request", username: "", session: randomUUID() };
  const content = { code, silent: false, store_history: false, user_expressions: {}, allow_stdin: false };
  const dated = { ...header, date: new Date().toISOString(), version: "5.3" };
  return JSON.stringify({ channel: "shell", header: dated, parent_header: {}, metadata: {}, content });
}
