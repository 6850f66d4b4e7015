import { type AccessSource, inClusterAccess, kubeconfigAccess } from "./cluster-access.ts";
import { errorFromAnswer, errorWithoutAnswer, isKubeApiError, isTooManyRequests, isUnauthorized } from "./errors.ts";
import { type Kind, pathOf } from "./kinds.ts";
import { Slots } from "./slots.ts";
import type { Time } from "./time.ts";
import { type Ask, Transport } from "./transport.ts";
import { linesOf } from "./watch-lines.ts";

export type Verb = "get" | "list" | "watch" | "create" | "update" | "delete";

/** One call, for metrics, and for tests that stop a hub before or after each. */
export type KubeCall = {
  readonly verb: Verb;
  readonly kind: string;
  readonly namespace: string | null;
  readonly name: string | null;
};

export type KubeClientOptions = {
  /** null: as the pod's own service account. */
  readonly kubeconfigPath: string | null;
  readonly requestsInFlight: number;
  readonly userAgent: string;
  readonly time: Time;
  /** For one request, not for one byte of it; queueing for a free connection doesn't count. */
  readonly deadlineMs?: number;
  /** How long one call may wait, in all, because the API server said 429. */
  readonly patienceMs?: number;
  readonly random?: () => number;
  onRequest?(verb: Verb, kind: string, status: number, milliseconds: number): void;
  /** Put around every call but watches. */
  around?<T>(call: KubeCall, run: () => Promise<T>): Promise<T>;
};

type At = { readonly namespace: string | null; readonly name: string };
export type ListQuery = {
  readonly namespace: string | null;
  readonly labelSelector?: string | undefined;
  readonly fieldSelector?: string | undefined;
  readonly limit?: number | undefined;
  readonly continueToken?: string | undefined;
  readonly resourceVersion?: string | undefined;
  readonly resourceVersionMatch?: "NotOlderThan" | "Exact" | undefined;
};
export type WatchQuery = Omit<ListQuery, "limit" | "continueToken" | "resourceVersionMatch"> & {
  readonly timeoutSeconds: number;
};
export type ListOf<T> = {
  readonly items: readonly T[];
  readonly metadata: { readonly resourceVersion: string; readonly continue?: string };
};
export type WatchHandlers = { opened(): void; line(text: string): void };

export type KubeClient = {
  get<T>(kind: Kind<T>, at: At, signal?: AbortSignal): Promise<T>;
  list<T>(kind: Kind<T>, query: ListQuery, signal?: AbortSignal): Promise<ListOf<T>>;
  create<T>(kind: Kind<T>, namespace: string | null, object: T, signal?: AbortSignal): Promise<T>;
  replace<T>(kind: Kind<T>, at: At, object: T, signal?: AbortSignal): Promise<T>;
  /** Only the object with this UID; a conflict when the name belongs to another by now. */
  delete(kind: Kind<unknown>, at: At & { readonly uid: string }, signal?: AbortSignal): Promise<void>;
  logs(at: At & { readonly container: string; readonly tailLines: number }, signal?: AbortSignal): Promise<string>;
  version(signal?: AbortSignal): Promise<string>;
  /** Ends when the API server ends it or the signal aborts; fails when the connection breaks. */
  watch(kind: Kind<unknown>, query: WatchQuery, handlers: WatchHandlers, signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
};

const logBytes = 64 * 1024;

export async function createKubeClient(options: KubeClientOptions): Promise<KubeClient> {
  const source = options.kubeconfigPath === null ? inClusterAccess() : await kubeconfigAccess(options.kubeconfigPath);
  const caller = new Caller(options, source);
  const json = async <T>(call: KubeCall, ask: Ask): Promise<T> => parse<T>(await caller.call(call, ask));
  return {
    get: (kind, at, signal) =>
      json(callOf("get", kind, at), { method: "GET", path: pathOf(kind, at), signal }),
    list: (kind, query, signal) =>
      json(callOf("list", kind, query), { method: "GET", path: `${pathOf(kind, { namespace: query.namespace })}${queryOf(query)}`, signal }),
    create: (kind, namespace, object, signal) =>
      json(callOf("create", kind, { namespace, name: nameOf(object) }), {
        method: "POST",
        path: pathOf(kind, { namespace }),
        body: JSON.stringify(object),
        signal,
      }),
    replace: (kind, at, object, signal) =>
      json(callOf("update", kind, at), { method: "PUT", path: pathOf(kind, at), body: JSON.stringify(object), signal }),
    delete: async (kind, at, signal) => {
      const body = JSON.stringify({ apiVersion: "v1", kind: "DeleteOptions", preconditions: { uid: at.uid } });
      await caller.call(callOf("delete", kind, at), { method: "DELETE", path: pathOf(kind, at), body, signal });
    },
    logs: async ({ container, tailLines, ...at }, signal) => {
      const query = new URLSearchParams({ container, tailLines: String(tailLines), limitBytes: String(logBytes) });
      const path = `${pathOf({ group: "", version: "v1", plural: "pods" }, { ...at, part: "log" })}?${query}`;
      return await caller.call({ verb: "get", kind: "pods/log", ...at }, { method: "GET", path, signal });
    },
    version: async (signal) => {
      const call: KubeCall = { verb: "get", kind: "version", namespace: null, name: null };
      return (await json<{ gitVersion: string }>(call, { method: "GET", path: "/version", signal })).gitVersion;
    },
    watch: (kind, query, handlers, signal) => caller.watch(kind, query, handlers, signal),
    close: () => caller.close(),
  };
}

/** Sends, and waits where the API server asks for patience: at most so many in flight, and one pause for all after a 429. */
class Caller {
  readonly #options: KubeClientOptions;
  readonly #transport: Transport;
  readonly #slots: Slots;
  #pausedUntilMs = Number.NEGATIVE_INFINITY;

  constructor(options: KubeClientOptions, source: AccessSource) {
    this.#options = options;
    this.#slots = new Slots(options.requestsInFlight);
    this.#transport = new Transport({
      source,
      connections: options.requestsInFlight,
      deadlineMs: options.deadlineMs ?? 30_000,
      userAgent: options.userAgent,
      time: options.time,
    });
  }

  async call(call: KubeCall, ask: Ask): Promise<string> {
    const run = () => this.#persist(call, ask);
    return await (this.#options.around === undefined ? run() : this.#options.around(call, run));
  }

  async watch(kind: Kind<unknown>, query: WatchQuery, handlers: WatchHandlers, signal: AbortSignal): Promise<void> {
    await this.#pause(signal);
    const path = `${pathOf(kind, { namespace: query.namespace })}${queryOf(query, { watch: "true", allowWatchBookmarks: "true" })}`;
    const call = callOf("watch", kind, query);
    const answer = await this.#timed(call, () => this.#transport.ask({ method: "GET", path, signal, endless: true }));
    if (answer.statusCode !== 200) throw await this.#refused(answer);
    handlers.opened();
    try {
      for await (const line of linesOf(answer.body)) handlers.line(line);
    } catch (error) {
      if (!signal.aborted) throw this.#transport.failureOf(error, signal);
    }
  }

  async close(): Promise<void> {
    await this.#transport.close();
  }

  async #persist(call: KubeCall, ask: Ask): Promise<string> {
    const { time, patienceMs = 20_000 } = this.#options;
    const startedMs = time.monotonicMs();
    for (let attempt = 0; ; attempt++) {
      await this.#pause(ask.signal);
      try {
        return await this.#slots.use(ask.signal, () => this.#once(call, ask));
      } catch (error) {
        // A read on a connection the other side had just closed; writes are for the caller to look after.
        if (attempt === 0 && ask.method === "GET" && isKubeApiError(error) && error.reason === "ConnectionLost") continue;
        if (attempt === 0 && isUnauthorized(error)) {
          this.#transport.forgetAccess();
          continue;
        }
        if (!isTooManyRequests(error)) throw error;
        const waitMs = (error.retryAfterSeconds ?? 1) * 1000 * (1 + 0.1 * (this.#options.random ?? Math.random)());
        if (time.monotonicMs() + waitMs - startedMs > patienceMs) throw error;
        this.#pausedUntilMs = Math.max(this.#pausedUntilMs, time.monotonicMs() + waitMs);
      }
    }
  }

  async #pause(signal: AbortSignal | undefined): Promise<void> {
    const waitMs = this.#pausedUntilMs - this.#options.time.monotonicMs();
    if (waitMs > 0) await this.#options.time.sleep(waitMs, signal);
  }

  async #once(call: KubeCall, ask: Ask): Promise<string> {
    const answer = await this.#timed(call, () => this.#transport.ask(ask));
    if (answer.statusCode < 200 || answer.statusCode > 299) throw await this.#refused(answer);
    return await this.#textOf(answer, ask.signal);
  }

  async #refused(answer: Awaited<ReturnType<Transport["ask"]>>): Promise<unknown> {
    const retryAfter = answer.headers["retry-after"];
    const body = await this.#textOf(answer, undefined).catch(() => "");
    return errorFromAnswer(answer.statusCode, body, typeof retryAfter === "string" ? retryAfter : undefined);
  }

  async #textOf(answer: Awaited<ReturnType<Transport["ask"]>>, signal: AbortSignal | undefined): Promise<string> {
    try {
      return await answer.body.text();
    } catch (error) {
      throw this.#transport.failureOf(error, signal);
    }
  }

  async #timed<T extends { readonly statusCode: number }>(call: KubeCall, run: () => Promise<T>): Promise<T> {
    const { time, onRequest } = this.#options;
    const startedMs = time.monotonicMs();
    try {
      const answer = await run();
      onRequest?.(call.verb, call.kind, answer.statusCode, time.monotonicMs() - startedMs);
      return answer;
    } catch (error) {
      onRequest?.(call.verb, call.kind, 0, time.monotonicMs() - startedMs);
      throw error;
    }
  }
}

function callOf(verb: Verb, kind: Kind<unknown>, at: { readonly namespace: string | null; readonly name?: string }): KubeCall {
  return { verb, kind: kind.plural, namespace: at.namespace, name: at.name ?? null };
}

function nameOf(object: unknown): string {
  const { metadata } = object as { readonly metadata?: { readonly name?: string } };
  return metadata?.name ?? "";
}

function queryOf(query: ListQuery | WatchQuery, more: Readonly<Record<string, string>> = {}): string {
  const { namespace: _, continueToken, ...rest } = { continueToken: undefined, ...query };
  const entries = Object.entries({ ...rest, continue: continueToken, ...more });
  const told = entries.flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]]));
  return told.length === 0 ? "" : `?${new URLSearchParams(told)}`;
}

function parse<T>(text: string): T {
  try {
    return JSON.parse(text) as T;
  } catch (error) {
    // Cut off in the middle, or a proxy's page with status 200.
    throw errorWithoutAnswer("ConnectionLost", error);
  }
}
