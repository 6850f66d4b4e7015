import { holdLease } from "./lease.ts";
import { Term, type TermDeps } from "./term.ts";

/**
 * Observe → `step` → effect, for every server, by the one hub that leads. Level-based: a server is looked at when its
 * wish changes (poke), when the backend reports something, when a timer set by the last step runs out, and at least every
 * scan; whatever was missed or lost in a crash is repaired by the next look.
 */
export type ReconcilerDeps = TermDeps & { readonly holder: string };

export class Reconciler {
  readonly #deps: ReconcilerDeps;
  readonly #ended = new AbortController();
  #term: Term | null = null;
  #loop: Promise<void> | null = null;

  constructor(deps: ReconcilerDeps) {
    this.#deps = deps;
  }

  start(): void {
    this.#loop = holdLease(
      this.#deps,
      async (epoch, signal) => {
        const term = new Term(this.#deps, epoch, signal);
        this.#term = term;
        await term.run().finally(() => {
          this.#term = null;
        });
      },
      this.#ended.signal,
    );
  }

  /** Look at this server now. Heard by every hub; only the leader acts. */
  poke(serverId: string): void {
    this.#term?.schedule(serverId);
  }

  get leading(): boolean {
    return this.#term !== null;
  }

  get staleSince(): Date | null {
    return this.#term?.staleSince ?? null;
  }

  async stop(): Promise<void> {
    this.#ended.abort(new Error("the hub ends"));
    await this.#loop;
  }
}
