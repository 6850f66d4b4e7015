import { recordBackendView } from "#db/backend-view.ts";
import type { Db } from "#db/client.ts";
import type { Clock } from "#server/clock.ts";
import type { Log } from "#server/log.ts";
import type { Spawner } from "./spawner.ts";

const retryMs = 1000;

type Telling = { readonly db: Db; readonly clock: Clock; readonly log: Log };

/**
 * How old one leader's view of its backend is: since it began to lead until the first list, and whenever the watch says so. Edges may be
 * told to open nothing new meanwhile (`edge.staleRoutes`), so every hub has to know, not only this one.
 */
export class BackendView {
  readonly #begun: Date;
  #listed = false;
  #staleSince: Date | null = null;
  #changed = Promise.withResolvers<void>();

  constructor(clock: Clock) {
    this.#begun = clock.now();
  }

  get staleSince(): Date | null {
    return this.#staleSince ?? (this.#listed ? null : this.#begun);
  }

  /** The same backend; what it says of its view is heard here as well. */
  through(spawner: Spawner): Spawner {
    return {
      kind: spawner.kind,
      start: (order, signal) => spawner.start(order, signal),
      stop: (ref, signal) => spawner.stop(ref, signal),
      observe: (ref, signal) => spawner.observe(ref, signal),
      removeHome: (home, signal) => spawner.removeHome(home, signal),
      observeAll: async (signal) => {
        const all = await spawner.observeAll(signal);
        this.#set(true, this.#staleSince);
        return all;
      },
      watch: (listener, signal) =>
        spawner.watch(
          {
            changed: (sighting) => listener.changed(sighting),
            event: (serverId, generation, event) => listener.event(serverId, generation, event),
            stale: (since) => {
              this.#set(this.#listed, since);
              listener.stale(since);
            },
          },
          signal,
        ),
      logTail: (ref, lines) => spawner.logTail(ref, lines),
      health: (plan) => spawner.health(plan),
    };
  }

  #set(listed: boolean, staleSince: Date | null): void {
    this.#listed = listed;
    this.#staleSince = staleSince;
    this.#changed.resolve();
  }

  /** Records it for every hub whenever it changes, until this leader's time is over. */
  async tell({ db, clock, log }: Telling, epoch: number, signal: AbortSignal): Promise<void> {
    const over = new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
    let told: number | null | undefined;
    while (!signal.aborted) {
      this.#changed = Promise.withResolvers();
      const since = this.staleSince;
      if (told !== (since?.getTime() ?? null)) {
        const recorded = await recordBackendView(db, epoch, since).then(
          () => true,
          (error: unknown) => error,
        );
        if (recorded !== true) {
          log.warn({ err: recorded }, "could not record how old the view of servers is; trying again");
          await clock.sleep(retryMs, signal).catch(() => undefined);
          continue;
        }
        told = since?.getTime() ?? null;
      }
      await Promise.race([this.#changed.promise, over]);
    }
  }
}
