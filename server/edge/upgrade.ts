import { type ClientRequest, request as httpRequest, type IncomingMessage, STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import { writeHeadToSocket } from "./answer.ts";
import { ClientFrames } from "./client-frames.ts";
import type { ForwardFailure } from "./forward.ts";
import { type ResponseSource, responseHeaders } from "./response-headers.ts";
import type { Exchange, Target, Visitor } from "./run.ts";
import { splice } from "./splice.ts";
import { acceptsWebSocket } from "./websocket.ts";

export type UpgradePlan = {
  readonly target: Target;
  readonly path: string;
  readonly headers: string[];
  readonly key: string;
  readonly connectTimeoutSeconds: number;
  readonly source: ResponseSource;
  readonly visitor: Visitor | null;
  /** Frames up to this size are the app's own sign of life. */
  readonly keepAliveBytes: number;
  fail(failure: ForwardFailure): void;
  /** The exchange that counts from now on; each one given here is given to `over` later. */
  open(exchange: Exchange): void;
  over(exchange: Exchange): void;
};

/** A kernel may take its time to accept a socket, but not for ever. */
const handshakeSeconds = 60;

/** Asks the server for a WebSocket on a connection of its own, and joins the two once it has agreed. */
export function upgrade(client: Socket, clientHead: Buffer, plan: UpgradePlan): void {
  const asked = ask(plan);
  // Read from the start: a socket nobody reads doesn't tell that its other end has left.
  const early = new EarlyBytes(client, clientHead);
  const pending: Exchange = {
    place: -1,
    visitor: plan.visitor,
    webSocket: true,
    bytes: () => 0,
    end: (reason) => settle(reason),
  };
  let settled = false;
  const settle = (failure: ForwardFailure | null) => {
    if (settled) return false;
    settled = true;
    early.stop();
    plan.over(pending);
    if (failure !== null) {
      asked.destroy();
      plan.fail(failure);
    }
    return true;
  };
  plan.open(pending);
  client.once("close", () => {
    if (settle(null)) asked.destroy();
  });
  asked.on("timeout", () => settle("no-answer-in-time"));
  asked.on("error", () => settle(asked.reusedSocket || wasSent(asked) ? "bad-answer" : "refused-connection"));
  limitInformation(asked, () => settle("bad-answer"));
  asked.on("response", (answer) => {
    if (settle(null)) relayRefusal(client, answer, plan);
    else answer.destroy();
  });
  asked.on("upgrade", (answer, upstream: Socket, upstreamHead) => {
    const headers = acceptsWebSocket(answer, plan.key) ? responseHeaders(answer.rawHeaders, plan.source) : null;
    if (headers === null) {
      upstream.destroy();
      settle("bad-answer");
    } else if (settle(null)) join(client, early.bytes(), upstream, upstreamHead, headers, plan);
    else upstream.destroy();
  });
  asked.end();
}

/** What a client sends before it has an answer; more than a little is no WebSocket client. */
class EarlyBytes {
  readonly #client: Socket;
  readonly #chunks: Buffer[];
  readonly #onData = (chunk: Buffer): void => {
    this.#chunks.push(chunk);
    if (this.bytes().length > 65_536) this.#client.destroy();
  };
  readonly #onEnd = (): void => {
    this.#client.destroy();
  };

  constructor(client: Socket, head: Buffer) {
    this.#client = client;
    this.#chunks = [head];
    client.on("data", this.#onData);
    client.on("end", this.#onEnd);
  }

  bytes(): Buffer {
    return Buffer.concat(this.#chunks);
  }

  stop(): void {
    this.#client.off("data", this.#onData);
    this.#client.off("end", this.#onEnd);
  }
}

function ask({ target, path, headers, connectTimeoutSeconds }: UpgradePlan): ClientRequest {
  const where = target.kind === "unix" ? { socketPath: target.path } : { host: target.host, port: target.port };
  const asked = httpRequest({
    ...where,
    path,
    method: "GET",
    agent: false,
    setHost: false,
    timeout: connectTimeoutSeconds * 1000,
    headers: [...headers, "Connection", "Upgrade", "Upgrade", "websocket"],
  });
  asked.on("socket", (socket) => socket.once("connect", () => asked.setTimeout(handshakeSeconds * 1000)));
  return asked;
}

function wasSent(asked: ClientRequest): boolean {
  return asked.socket !== null && !asked.socket.connecting && asked.socket.bytesWritten > 0;
}

function limitInformation(asked: ClientRequest, tooMany: () => void): void {
  let count = 0;
  asked.on("information", () => {
    count++;
    if (count > 16) tooMany();
  });
}

function join(
  client: Socket,
  clientHead: Buffer,
  upstream: Socket,
  upstreamHead: Buffer,
  headers: readonly string[],
  plan: UpgradePlan,
): void {
  writeHeadToSocket(client, 101, "Switching Protocols", [...headers, "Connection", "Upgrade", "Upgrade", "websocket"]);
  if (clientHead.length > 0) upstream.write(clientHead);
  if (upstreamHead.length > 0) client.write(upstreamHead);
  const frames = new ClientFrames(plan.keepAliveBytes);
  frames.see(clientHead);
  plan.open(splice(client, upstream, frames, plan));
}

/** A plain answer to an upgrade is passed on as it is, and that was it: never a tunnel, never another request (S-54). */
function relayRefusal(client: Socket, answer: IncomingMessage, plan: UpgradePlan): void {
  const headers = responseHeaders(answer.rawHeaders, plan.source);
  if (headers === null) {
    answer.destroy();
    return void plan.fail("bad-answer");
  }
  const status = answer.statusCode ?? 502;
  writeHeadToSocket(client, status, STATUS_CODES[status] ?? "", [...headers, "Connection", "close"]);
  const exchange: Exchange = {
    place: -1,
    visitor: plan.visitor,
    webSocket: false,
    bytes: () => 0,
    end: () => client.destroy(),
  };
  plan.open(exchange);
  client.once("close", () => {
    answer.destroy();
    plan.over(exchange);
  });
  answer.on("error", () => client.destroy());
  answer.on("end", () => client.destroySoon());
  answer.on("close", () => (answer.complete ? undefined : client.destroy()));
  answer.pipe(client, { end: false });
}
