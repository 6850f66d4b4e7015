import { BackendView } from "./backend-view.ts";
import { holdLease } from "./lease.ts";
import { Term } from "./term.ts";
import type { TermDeps } from "./term-deps.ts";

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
  #view: BackendView | null = null;
  #loop: Promise<void> | null = null;

  constructor(deps: ReconcilerDeps) {
    this.#deps = deps;
  }

  start(): void {
    this.#loop = holdLease(
      this.#deps,
      async (epoch, signal) => {
        const view = new BackendView(this.#deps.clock);
        const term = new Term({ ...this.#deps, spawner: view.through(this.#deps.spawner) }, epoch, signal);
        [this.#term, this.#view] = [term, view];
        await Promise.all([term.run(), view.tell(this.#deps, epoch, signal)]).finally(() => {
          [this.#term, this.#view] = [null, null];
        });
      },
      this.#ended.signal,
    );
  }

  /** Look at this server now. Heard by every hub; only the leader acts. */
  poke(serverId: string): void {
    this.#term?.poke(serverId);
  }

  get leading(): boolean {
    return this.#term !== null;
  }

  /** Since when the leader's view of its servers is old; `null` when it is fresh or another hub leads. */
  get staleSince(): Date | null {
    return this.#view?.staleSince ?? null;
  }

  async stop(): Promise<void> {
    this.#ended.abort(new Error("the hub ends"));
    await this.#loop;
  }
}
