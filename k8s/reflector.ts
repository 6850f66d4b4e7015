import { backoffMs } from "./backoff.ts";
import type { KubeClient } from "./client.ts";
import { errorFromStatus, errorWithoutAnswer, isGone, isKubeApiError, isTooLargeVersion } from "./errors.ts";
import type { Kind } from "./kinds.ts";
import { listAll } from "./list-all.ts";
import { type ApiObject, type CacheListener, ObjectCache } from "./object-cache.ts";
import { compareVersions } from "./resource-version.ts";
import type { Time } from "./time.ts";

export type ReflectorOptions<T, S> = CacheListener<S> & {
  readonly client: Pick<KubeClient, "list" | "watch">;
  readonly kind: Kind<T>;
  /** null: all namespaces. */
  readonly namespace: string | null;
  readonly labelSelector?: string;
  /** What is kept of an object: as little as is decided by. */
  slim(object: T): S;
  readonly time: Time;
  readonly random?: () => number;
  /** The view may be older than it should be, since then; null when it is fresh. */
  stale?(since: Date | null): void;
  failed?(error: unknown): void;
};

export type ReflectorStats = { relists: number; watches: number; events: number; failures: number };

/** Longer without an event, a bookmark or a new watch, and the connection is taken for dead however open it looks (F-08). */
const deadAfterMs = 60_000;
/**
 * The API server sends a bookmark every minute and another two seconds before a watch's end (cacher's `nextBookmarkTime`). Ends below
 * `deadAfterMs` make every quiet minute carry one, so silence is never normal, and the version to resume from never grows old.
 */
const watchSeconds = { least: 45, spread: 8 };
/** A watch that lived this long has earned a next try without a longer pause. */
const provenAfterMs = 5000;

/**
 * A view of one kind of object, by list and watch. It never stops by itself: every error is followed by another try with
 * jitter, from the last version seen; a version that is gone (410) costs one list, in which deletions nobody saw are noticed.
 * Versions never go backwards, except by a consistent read (an etcd that was restored has lower ones).
 */
export class Reflector<T extends ApiObject, S> {
  readonly stats: ReflectorStats = { relists: 0, watches: 0, events: 0, failures: 0 };
  readonly items: ObjectCache<T, S>;
  readonly #options: ReflectorOptions<T, S>;
  readonly #random: () => number;
  #version: string | null = null;
  #needsList = true;
  #needsConsistentList = false;
  #heardMs: number;
  #heardAt: Date;
  #openedMs: number | null = null;
  #staleSince: Date | null;

  constructor(options: ReflectorOptions<T, S>) {
    this.#options = options;
    this.#random = options.random ?? Math.random;
    this.items = new ObjectCache((object) => options.slim(object), options);
    this.#heardMs = options.time.monotonicMs();
    this.#heardAt = options.time.now();
    this.#staleSince = this.#heardAt;
  }

  /** Null when the view is fresh. */
  get staleSince(): Date | null {
    return this.#staleSince;
  }

  /** Until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    for (let attempt = 0; !signal.aborted; ) {
      this.#openedMs = null;
      try {
        if (this.#needsList) await this.#list(signal);
        await this.#watch(signal);
        attempt = 0;
      } catch (error) {
        if (signal.aborted) return;
        this.#onError(error);
        attempt = this.#livedMs() < provenAfterMs ? attempt + 1 : 0;
        await this.#wait(error, attempt, signal);
      }
    }
  }

  async #list(signal: AbortSignal): Promise<void> {
    const { client, kind, namespace, labelSelector } = this.#options;
    this.stats.relists++;
    const since = this.#needsConsistentList ? null : (this.#version ?? "0");
    const { objects, version } = await listAll(client, kind, { namespace, labelSelector }, since, signal);
    if (since !== null && this.#version !== null && compareVersions(version, this.#version) < 0) {
      this.#needsConsistentList = true;
      throw errorWithoutAnswer("ConnectionLost", new Error(`a list of version ${version} came after ${this.#version}`));
    }
    this.#version = version;
    this.#needsList = false;
    this.#needsConsistentList = false;
    this.items.reset(objects, version);
  }

  async #watch(signal: AbortSignal): Promise<void> {
    const { client, kind, namespace, labelSelector, time } = this.#options;
    const ended = new AbortController();
    const stop = () => ended.abort(signal.reason);
    signal.addEventListener("abort", stop, { once: true });
    this.stats.watches++;
    this.#heardMs = time.monotonicMs();
    const deadMan = this.#awaitSilence(ended);
    try {
      const timeoutSeconds = Math.round(watchSeconds.least + watchSeconds.spread * this.#random());
      const query = { namespace, labelSelector, resourceVersion: this.#version ?? "0", timeoutSeconds };
      const handlers = { opened: () => this.#open(), line: (line: string) => this.#take(line) };
      await client.watch(kind, query, handlers, ended.signal);
      if (ended.signal.aborted && !signal.aborted) throw ended.signal.reason;
      // Without this, a proxy that ends every watch at once would be asked without a pause.
      if (this.#livedMs() < 1000) throw errorWithoutAnswer("ConnectionLost", new Error("the watch ended at once"));
    } finally {
      signal.removeEventListener("abort", stop);
      ended.abort();
      await deadMan;
    }
  }

  async #awaitSilence(ended: AbortController): Promise<void> {
    while (!ended.signal.aborted) {
      const leftMs = deadAfterMs - this.#silentMs();
      if (leftMs <= 0) {
        this.#setStale(this.#heardAt);
        ended.abort(errorWithoutAnswer("DeadlineExceeded", new Error("the watch was silent for a minute")));
        return;
      }
      await this.#options.time.sleep(leftMs, ended.signal).catch(() => undefined);
    }
  }

  #take(line: string): void {
    const { type, object } = parseEvent<T>(line);
    if (type === "ERROR") throw errorFromStatus(object);
    this.#hear();
    const version = object.metadata?.resourceVersion;
    if (version !== undefined && (this.#version === null || compareVersions(version, this.#version) > 0)) {
      this.#version = version;
    }
    if (type === "BOOKMARK") return;
    this.stats.events++;
    if (type === "DELETED") this.items.remove(object);
    else this.items.put(object);
  }

  #hear(): void {
    this.#heardMs = this.#options.time.monotonicMs();
    this.#heardAt = this.#options.time.now();
    this.#setStale(null);
  }

  #open(): void {
    this.#openedMs = this.#options.time.monotonicMs();
    this.#hear();
  }

  #livedMs(): number {
    return this.#openedMs === null ? 0 : this.#options.time.monotonicMs() - this.#openedMs;
  }

  #silentMs(): number {
    return this.#options.time.monotonicMs() - this.#heardMs;
  }

  #setStale(since: Date | null): void {
    if ((since === null) === (this.#staleSince === null)) return;
    this.#staleSince = since;
    this.#options.stale?.(since);
  }

  #onError(error: unknown): void {
    this.stats.failures++;
    // A connection that broke is tried again first; one that can't even be made means that nobody tells us anything.
    if (this.#openedMs === null && !isGone(error)) this.#setStale(this.#heardAt);
    if (isTooLargeVersion(error)) this.#needsConsistentList = true;
    if (isGone(error) || isTooLargeVersion(error)) this.#needsList = true;
    this.#options.failed?.(error);
  }

  async #wait(error: unknown, attempt: number, signal: AbortSignal): Promise<void> {
    const told = isKubeApiError(error) ? (error.retryAfterSeconds ?? 0) * 1000 * (1 + 0.1 * this.#random()) : 0;
    const ms = Math.max(told, backoffMs(Math.max(0, attempt - 1), this.#random));
    await this.#options.time.sleep(ms, signal).catch(() => undefined);
  }
}

type WatchEvent<T> = { readonly type: string; readonly object: T };

function parseEvent<T>(line: string): WatchEvent<T> {
  try {
    const event = JSON.parse(line) as Partial<WatchEvent<T>>;
    if (typeof event.type === "string" && event.object !== undefined) return { type: event.type, object: event.object };
  } catch (error) {
    throw errorWithoutAnswer("ConnectionLost", error);
  }
  throw errorWithoutAnswer("ConnectionLost", new Error("a line of the watch was no event"));
}
