import { randomUUID } from "node:crypto";
import { groupNamespacesDue, placeOfGroup, serverNamespacesDue } from "#db/tenancies.ts";
import { isGroupsOwn } from "#server/servers/namespace.ts";
import { holdLease } from "#server/spawner/lease.ts";
import type { Spawner } from "#server/spawner/spawner.ts";
import type { Tenancy } from "#server/spawner/tenancy.ts";
import { Turns } from "#server/turns.ts";
import type { VerbContext } from "#server/verb-context.ts";
import { recordLook } from "./record-look.ts";
import { tenancyOf } from "./tenancy-of.ts";

/** Each place is looked at this often; what somebody's hand took away is back after it at the latest. */
const everyMs = 180_000;
const roundMs = 30_000;
/** What was not to be had this time: an API server that is away, a quota not yet counted. */
const againMs = 2000;
/** So that a round over a thousand namespaces leaves the API server to those who start. */
const placesAtMost = 100;
const atOnce = 4;

type Keeping = { readonly ctx: VerbContext; readonly spawner: Spawner };

/**
 * Looks at every namespace in use now and then, and at a group's at once when its quota changed. One hub does it at a time; two would do
 * no harm, since a look only puts there what must be there.
 */
export class TenancyKeeper {
  readonly #of: Keeping;
  readonly #ended = new AbortController();
  readonly #changed = new Set<string>();
  #pause: AbortController = new AbortController();
  #loop: Promise<void> = Promise.resolve();

  constructor(of: Keeping) {
    this.#of = of;
  }

  start(): void {
    if (this.#of.spawner.prepareNamespace === undefined) return;
    const { db, clock, log } = this.#of.ctx;
    this.#loop = holdLease(
      { db, clock, log, holder: randomUUID(), name: "tenancies" },
      (_epoch, signal) => this.#run(signal),
      this.#ended.signal,
    );
  }

  /** This group's quota, ceiling or volume changed. */
  poke(groupId: string): void {
    this.#changed.add(groupId);
    this.#pause.abort();
  }

  async stop(): Promise<void> {
    this.#ended.abort(new Error("the hub ends"));
    await this.#loop;
  }

  async #run(signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#of.ctx;
    while (!signal.aborted) {
      const isDone = await this.#round().catch((error: unknown) => {
        if (!signal.aborted) log.warn({ err: error }, "namespaces were not looked at; the next round tries again");
        return false;
      });
      this.#pause = new AbortController();
      if (this.#changed.size > 0 && isDone) continue;
      const waiting = AbortSignal.any([signal, this.#pause.signal]);
      await clock.sleep(isDone ? roundMs : againMs, waiting).catch(() => undefined);
    }
  }

  /** False: something has to be looked at again soon. */
  async #round(): Promise<boolean> {
    const { ctx } = this.#of;
    const before = new Date(ctx.clock.now().getTime() - everyMs);
    const due = await tenanciesDue(ctx, { before, limit: placesAtMost });
    const poked = await this.#takeChanged();
    const all = new Map([...due, ...poked].map((tenancy) => [tenancy.namespace, tenancy]));
    const turns = new Turns(atOnce);
    const done = await Promise.all([...all.values()].map((tenancy) => turns.take(() => this.#lookAt(tenancy))));
    return done.every(Boolean);
  }

  async #takeChanged(): Promise<Tenancy[]> {
    const { db, config } = this.#of.ctx;
    const ids = [...this.#changed];
    this.#changed.clear();
    if (!isGroupsOwn(config)) return [];
    const places = await Promise.all(ids.map((id) => placeOfGroup(db, id)));
    return places.flatMap((place) => (place === undefined ? [] : [tenancyOf(config, place)]));
  }

  async #lookAt(tenancy: Tenancy): Promise<boolean> {
    const { ctx, spawner } = this.#of;
    const look = await spawner.prepareNamespace?.(tenancy).catch((error: unknown) => {
      ctx.log.warn({ err: error, namespace: tenancy.namespace }, "a namespace was not looked at; it is tried again");
      return null;
    });
    if (look === undefined) return true;
    if (look !== null) await recordLook(ctx, tenancy, look);
    if (look !== null && look.outcome.kind !== "retry") return true;
    // What changed is not due by the time of the last look.
    if (tenancy.groupId !== null) this.#changed.add(tenancy.groupId);
    return false;
  }
}

async function tenanciesDue(
  { db, config }: VerbContext,
  due: { readonly before: Date; readonly limit: number },
): Promise<Tenancy[]> {
  if (isGroupsOwn(config)) return (await groupNamespacesDue(db, due)).map((place) => tenancyOf(config, place));
  const places = await serverNamespacesDue(db, due);
  const isShared = config.spawner.kubernetes.namespaceTemplate === undefined;
  // One namespace for all is nobody's; a group's volume in it is made with the group's next start.
  return places.map((place) => tenancyOf(config, isShared ? { ...place, group: null } : place));
}
