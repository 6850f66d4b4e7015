import { Agent, type Dispatcher, ProxyAgent } from "undici";
import type { AccessSource, ClusterAccess } from "./cluster-access.ts";
import { errorWithoutAnswer, isKubeApiError } from "./errors.ts";
import type { Time } from "./time.ts";

export type Ask = {
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  /** Path and query. */
  readonly path: string;
  readonly body?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  /** The answer never ends by itself. */
  readonly endless?: boolean;
};
export type Answer = Dispatcher.ResponseData;

export type TransportOptions = {
  readonly source: AccessSource;
  readonly connections: number;
  readonly deadlineMs: number;
  readonly userAgent: string;
  readonly time: Time;
};

const accessKeptMs = 30_000;
/** client-go's idle time; below that of the load balancers of the large clouds (60 s and more). */
const idleMs = 55_000;
const connectTimeoutMs = 5000;

type Connected = { readonly access: ClusterAccess; readonly calls: Dispatcher; readonly watches: Dispatcher };

/**
 * Connections to one API server that live as long as the process: the client library as shipped makes a TLS connection for every
 * call, at five times the time and four times the CPU. Watches have their own, so that none holds a place a call waits for.
 */
export class Transport {
  readonly #options: TransportOptions;
  #connected: Connected | null = null;
  #readAtMs = 0;
  #reading: Promise<Connected> | null = null;

  constructor(options: TransportOptions) {
    this.#options = options;
  }

  async ask(ask: Ask): Promise<Answer> {
    const { access, calls, watches } = await this.#connection();
    const { deadlineMs, userAgent } = this.#options;
    try {
      return await (ask.endless ? watches : calls).request({
        origin: access.origin,
        path: `${access.prefix}${ask.path}`,
        method: ask.method,
        headers: {
          ...access.headers,
          accept: "application/json",
          "user-agent": userAgent,
          ...(ask.body === undefined ? {} : { "content-type": "application/json" }),
        },
        body: ask.body ?? null,
        signal: ask.signal ?? null,
        headersTimeout: deadlineMs,
        bodyTimeout: ask.endless ? 0 : deadlineMs,
      });
    } catch (error) {
      throw this.failureOf(error, ask.signal);
    }
  }

  /** What undici or the socket threw, in this folder's words; the caller's own abort stays what it is. */
  failureOf(error: unknown, signal: AbortSignal | undefined): unknown {
    if (signal?.aborted || isKubeApiError(error)) return error;
    const code = error instanceof Error && "code" in error ? String(error.code) : "";
    return errorWithoutAnswer(/TIMEOUT|ETIMEDOUT/.test(code) ? "DeadlineExceeded" : "ConnectionLost", error);
  }

  /** The API server no longer believes the token: read it again before the next call. */
  forgetAccess(): void {
    this.#readAtMs = Number.NEGATIVE_INFINITY;
  }

  async close(): Promise<void> {
    const connected = this.#connected;
    await Promise.all([connected?.calls.destroy(), connected?.watches.destroy()]);
  }

  async #connection(): Promise<Connected> {
    const age = this.#options.time.monotonicMs() - this.#readAtMs;
    if (this.#connected !== null && age < accessKeptMs) return this.#connected;
    this.#reading ??= this.#read().finally(() => {
      this.#reading = null;
    });
    return await this.#reading;
  }

  async #read(): Promise<Connected> {
    const access = await this.#options.source().catch((error: unknown) => {
      throw errorWithoutAnswer("ConnectionLost", error);
    });
    const before = this.#connected;
    const isSame = before !== null && JSON.stringify(before.access.tls) === JSON.stringify(access.tls);
    if (before !== null && !isSame) {
      // Gracefully: what is under way ends on the old certificate.
      void before.calls.close();
      void before.watches.close();
    }
    const connected: Connected = isSame
      ? { ...before, access }
      : { access, calls: dispatcherFor(access, this.#options.connections), watches: dispatcherFor(access, null) };
    this.#connected = connected;
    this.#readAtMs = this.#options.time.monotonicMs();
    return connected;
  }
}

function dispatcherFor(access: ClusterAccess, connections: number | null): Dispatcher {
  // Shorter than the default minute: a peer that vanished is noticed by the system before the watch's own dead-man is due.
  const connect = { timeout: connectTimeoutMs, keepAlive: true, keepAliveInitialDelay: 30_000 };
  const options = { connections, pipelining: 1, keepAliveTimeout: idleMs };
  if (access.proxyUrl !== null) {
    return new ProxyAgent({ ...options, uri: access.proxyUrl, requestTls: { ...connect, ...access.tls } });
  }
  return new Agent({ ...options, connect: { ...connect, ...access.tls } });
}
