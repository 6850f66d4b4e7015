import { type IncomingMessage, type ServerResponse, STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import type { Dispatcher, Pool } from "undici";
import { type ResponseSource, responseHeaders } from "./response-headers.ts";
import type { EndReason, Exchange, Visitor } from "./run.ts";

/** How a request ended that brought no answer of the server's own. */
export type ForwardFailure = "refused-connection" | "no-answer-in-time" | "bad-answer" | EndReason;

export type ForwardPlan = {
  readonly pool: Pool;
  /** Byte for byte what the receiver gets as its request target. */
  readonly path: string;
  readonly headers: string[];
  readonly hasBody: boolean;
  readonly source: ResponseSource;
  readonly visitor: Visitor | null;
  /** Put behind the `<head>` of a page that is HTML and not compressed; everything else passes as it is. */
  readonly insert: Buffer | null;
  /** Nothing was written yet: say why. */
  fail(failure: ForwardFailure): void;
  /** The exchange is over, however it ended. */
  over(exchange: Exchange): void;
};

const smallBodyBytes = 8192;

/** 1xx answers that are swallowed before the sender is taken for hostile. */
const maximalInformational = 16;

/**
 * One request on its way: streams both bodies, and stops reading from one side while the other doesn't take it. Implements undici's
 * plain handler (not `onRequestStart` and its family): undici 7 hands that one the header lines as they are, without building an object
 * and a controller for each answer, which is a tenth of the CPU of a small request.
 */
export class Forwarding implements Dispatcher.DispatchHandler, Exchange {
  place = -1;
  readonly visitor: Visitor | null;
  readonly webSocket = false;
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #plan: ForwardPlan;
  readonly #socket: Socket;
  readonly #bytesBefore: number;
  #abort: ((error?: Error) => void) | null = null;
  #repeated = false;
  #state: "dialling" | "sent" | "answering" | "over" = "dialling";
  #informational = 0;
  #flowing = false;
  #held: Buffer | null = null;
  /** Until the first piece of the page has come. */
  #insert: Buffer | null = null;
  #resume: () => void = () => undefined;

  constructor(request: IncomingMessage, response: ServerResponse, plan: ForwardPlan) {
    this.#request = request;
    this.#response = response;
    this.#plan = plan;
    this.visitor = plan.visitor;
    this.#socket = request.socket;
    this.#bytesBefore = bytesOn(this.#socket);
    response.on("close", () => this.#stop());
  }

  start(): void {
    const { pool, path, headers, hasBody } = this.#plan;
    const method = (this.#request.method ?? "GET") as Dispatcher.HttpMethod;
    pool.dispatch({ path, method, headers, body: hasBody ? this.#request : null }, this);
  }

  bytes(): number {
    return bytesOn(this.#socket) - this.#bytesBefore;
  }

  end(reason: EndReason): void {
    this.#fail(reason);
  }

  onConnect(abort: (error?: Error) => void): void {
    if (this.#state === "over") return void abort();
    this.#abort = abort;
    this.#state = "sent";
  }

  onHeaders(status: number, lines: Buffer[], resume: () => void, reason: string): boolean {
    if (this.#state !== "sent") return false;
    if (status < 200) {
      this.#informational++;
      if (this.#informational > maximalInformational) this.#fail("bad-answer");
      return true;
    }
    const headers = responseHeaders(
      lines.map((line) => line.toString("latin1")),
      this.#plan.source,
    );
    if (headers === null) {
      this.#fail("bad-answer");
      return false;
    }
    this.#state = "answering";
    if (this.#plan.insert !== null && status === 200) this.#insert = makesRoomFor(headers) ? this.#plan.insert : null;
    // The receiver is done before the sender: what still comes is of no use, and no request begins behind it.
    if (this.#plan.hasBody && !this.#request.complete) headers.push("Connection", "close");
    this.#response.writeHead(status, reasonFor(status, reason), headers);
    this.#resume = resume;
    process.nextTick(flush, this);
    return true;
  }

  onData(data: Buffer): boolean {
    const chunk = this.#insert === null ? data : withInsert(data, this.#insert);
    this.#insert = null;
    if (!this.#flowing && this.#held === null && chunk.length <= smallBodyBytes) {
      this.#held = chunk;
      return true;
    }
    return this.#write(chunk);
  }

  #write(chunk: Buffer): boolean {
    this.flush();
    if (this.#response.write(chunk)) return true;
    this.#response.once("drain", this.#resume);
    return false;
  }

  /**
   * A small answer usually comes in one packet: head, body and end in one turn. It goes out in one write then. What comes slower (an
   * event stream) is not held back for longer than this turn.
   */
  flush(): void {
    if (this.#flowing || this.#state !== "answering") return;
    this.#flowing = true;
    if (this.#held === null) this.#response.flushHeaders();
    else this.#response.write(this.#held);
    this.#held = null;
  }

  onComplete(): void {
    if (this.#state !== "answering") return;
    if (this.#held === null) this.#response.end();
    // As text it is joined to the head: one write instead of a list of two.
    else this.#response.end(this.#held.toString("latin1"), "latin1");
    this.#finish();
  }

  onError(error: Error & { code?: string }): void {
    if (this.#state === "over") return;
    const failure = failureOf(this.#state, error.code ?? "");
    if (!this.#mayRepeat(failure)) {
      this.#fail(failure);
      return;
    }
    this.#repeated = true;
    this.#state = "dialling";
    this.start();
  }

  /**
   * What only reads, once more: nothing was sent, in case the listener was just being replaced; or the portal's part that had it ended
   * before it answered, and behind the same address is another one (RFC 9110 §9.2.2).
   */
  #mayRepeat(failure: ForwardFailure): boolean {
    const { method } = this.#request;
    const readsOnly = !this.#plan.hasBody && (method === "GET" || method === "HEAD" || method === "OPTIONS");
    if (this.#repeated || !readsOnly) return false;
    const endedUnanswered = this.#state === "sent" && failure === "bad-answer" && this.#plan.source.kind === "portal";
    return endedUnanswered || (this.#state === "dialling" && failure === "refused-connection");
  }

  #fail(failure: ForwardFailure): void {
    if (this.#state === "over") return;
    const answering = this.#state === "answering";
    this.#stop();
    // Cut off in the middle, so that nobody takes half a file for a whole one.
    if (answering) this.#response.destroy();
    else this.#plan.fail(failure);
  }

  /** The client left, or we are done with it: the server stops working for it. */
  #stop(): void {
    if (this.#state === "over") return;
    this.#finish();
    this.#abort?.(new Error("the request was ended by its sender or by the edge"));
  }

  #finish(): void {
    this.#state = "over";
    this.#plan.over(this);
  }
}

/** True for a page that can be added to; its length is then no longer stated, for it will be another. */
function makesRoomFor(headers: string[]): boolean {
  const at = new Map(headers.flatMap((name, i) => (i % 2 === 0 ? [[name.toLowerCase(), i] as const] : [])));
  if (["content-encoding", "content-disposition", "content-range"].some((name) => at.has(name))) return false;
  if (!/^text\/html\b/i.test(headers[(at.get("content-type") ?? -2) + 1] ?? "")) return false;
  const length = at.get("content-length");
  if (length !== undefined) headers.splice(length, 2);
  return true;
}

/** Behind the opening of the head, which stands in a page's first bytes; a page without one stays as it is. */
function withInsert(first: Buffer, insert: Buffer): Buffer {
  const head = /<head(?:\s[^>]*)?>/i.exec(first.subarray(0, 4096).toString("latin1"));
  if (head === null) return first;
  const at = head.index + head[0].length;
  return Buffer.concat([first.subarray(0, at), insert, first.subarray(at)]);
}

function flush(forwarding: Forwarding): void {
  forwarding.flush();
}

/** The kernel counts anyway. A connection carries one exchange after the other, so the difference is this one's. */
function bytesOn(socket: Socket): number {
  return socket.bytesRead + socket.bytesWritten;
}

function reasonFor(status: number, reason: string): string {
  return /^[\t\x20-\x7e]*$/.test(reason) ? reason : (STATUS_CODES[status] ?? "");
}

function failureOf(state: string, code: string): ForwardFailure {
  if (code === "UND_ERR_CONNECT_TIMEOUT" || code === "ETIMEDOUT" || code === "UND_ERR_HEADERS_TIMEOUT")
    return "no-answer-in-time";
  return state === "sent" || state === "answering" ? "bad-answer" : "refused-connection";
}
