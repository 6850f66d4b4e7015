import { compareVersions } from "./resource-version.ts";

/** What the API says of itself in every object, whichever kind. */
export type ApiObject = { readonly metadata?: { readonly uid?: string; readonly resourceVersion?: string } };

export type CacheListener<S> = {
  added?(item: S): void;
  modified?(item: S): void;
  /** With the last that was known of it. */
  deleted?(item: S): void;
};

type Entry<S> = { readonly version: string; readonly item: S };

/** Enough for every event that may still be on its way after its object went. */
const tombstones = 5000;

/**
 * Slim objects by UID. An event that is older than what is known of its object changes nothing: duplicates, reordered events and
 * lists from an API server that lags behind never take anything back in time.
 */
export class ObjectCache<T extends ApiObject, S> {
  readonly #entries = new Map<string, Entry<S>>();
  readonly #gone = new Map<string, string>();
  readonly #slim: (object: T) => S;
  readonly #listener: CacheListener<S>;

  constructor(slim: (object: T) => S, listener: CacheListener<S>) {
    this.#slim = slim;
    this.#listener = listener;
  }

  get size(): number {
    return this.#entries.size;
  }

  get(uid: string): S | undefined {
    return this.#entries.get(uid)?.item;
  }

  *values(): Generator<S> {
    for (const { item } of this.#entries.values()) yield item;
  }

  put(object: T): void {
    const { uid, version } = identityOf(object);
    const known = this.#entries.get(uid);
    if (known !== undefined && compareVersions(version, known.version) <= 0) return;
    const goneAt = this.#gone.get(uid);
    if (goneAt !== undefined && compareVersions(version, goneAt) <= 0) return;
    const item = this.#slim(object);
    this.#entries.set(uid, { version, item });
    if (known === undefined) this.#listener.added?.(item);
    else this.#listener.modified?.(item);
  }

  remove(object: T): void {
    const { uid, version } = identityOf(object);
    const known = this.#entries.get(uid);
    this.#remember(uid, version);
    if (known === undefined) return;
    // A UID never comes back, so a deletion is true whatever version it carries.
    this.#entries.delete(uid);
    this.#listener.deleted?.(known.item);
  }

  /** A whole list. What it no longer has was deleted while nobody watched; told first, because names are used again. */
  reset(objects: readonly T[], version: string): void {
    const listed = new Set(objects.map((object) => identityOf(object).uid));
    for (const [uid, { item }] of [...this.#entries]) {
      if (listed.has(uid)) continue;
      this.#entries.delete(uid);
      this.#remember(uid, version);
      this.#listener.deleted?.(item);
    }
    for (const object of objects) this.put(object);
  }

  #remember(uid: string, version: string): void {
    this.#gone.set(uid, version);
    const oldest = this.#gone.keys().next().value;
    if (this.#gone.size > tombstones && oldest !== undefined) this.#gone.delete(oldest);
  }
}

function identityOf(object: ApiObject): { readonly uid: string; readonly version: string } {
  return { uid: object.metadata?.uid ?? "", version: object.metadata?.resourceVersion ?? "0" };
}
