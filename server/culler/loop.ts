import { randomUUID } from "node:crypto";
import { cullerLease, forgetAnnouncements } from "#db/culling.ts";
import { holdLease } from "#server/spawner/lease.ts";
import type { VerbContext } from "#server/verb-context.ts";
import { cullReasons } from "./cull.ts";
import { CullTerm } from "./term.ts";

/**
 * Looks at every ready server now and then, and stops those that nobody needs. One hub does it at a time, under a lease of its own: what
 * it writes are wishes, as a person's are, so it needs none of what the reconciler knows. What it learned dies with its lease.
 */
export class Culler {
  readonly #ctx: VerbContext;
  readonly #ended = new AbortController();
  #loop: Promise<void> = Promise.resolve();

  constructor(ctx: VerbContext) {
    this.#ctx = ctx;
  }

  start(): void {
    const { db, clock, log, config } = this.#ctx;
    if (!config.cull.enabled) {
      void forgetAnnouncements(db, cullReasons).catch((error: unknown) =>
        log.warn({ err: error }, "old announcements stay for now"),
      );
      return;
    }
    this.#loop = holdLease(
      { db, clock, log, holder: randomUUID(), name: cullerLease },
      (epoch, signal) => new CullTerm(this.#ctx, epoch, signal).run(),
      this.#ended.signal,
    );
  }

  async stop(): Promise<void> {
    this.#ended.abort(new Error("the hub ends"));
    await this.#loop;
  }
}
