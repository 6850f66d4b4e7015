import type { Db } from "#db/client.ts";
import { acquireLease, releaseLease } from "#db/leases.ts";
import type { Clock } from "#server/clock.ts";
import type { Log } from "#server/log.ts";

export const leaseName = "reconciler";
const leaseSeconds = 10;
const renewEveryMs = 3000;

type LeaseDeps = {
  readonly db: Db;
  readonly clock: Clock;
  readonly log: Log;
  readonly holder: string;
  /** Default: the reconciler's. */
  readonly name?: string;
};

/**
 * Calls `lead` each time this hub becomes the leader, with the epoch that must stand in its writes. The signal it gets
 * aborts when the lease is lost, or could not be renewed in time: the fence in the database protects what is written,
 * this ends what is done in vain. Returns when `signal` aborts.
 */
export async function holdLease(
  deps: LeaseDeps,
  lead: (epoch: number, signal: AbortSignal) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const name = deps.name ?? leaseName;
  let term: { epoch: number; abort: AbortController; done: Promise<void> } | null = null;
  let renewedAt = 0;
  const stepDown = async () => {
    if (term === null) return;
    const ending = term;
    term = null;
    ending.abort.abort(new Error("the lease is gone"));
    await ending.done;
  };
  while (!signal.aborted) {
    const lease = await acquireLease(deps.db, name, deps.holder, leaseSeconds).catch((error: unknown) => {
      deps.log.warn({ err: error, lease: name }, "could not renew a lease");
      return undefined;
    });
    const now = deps.clock.monotonicMs();
    if (lease) renewedAt = now;
    const lost = lease === null || (lease === undefined && now - renewedAt > leaseSeconds * 1000);
    if (lost || (lease && term && lease.epoch !== term.epoch)) await stepDown();
    if (lease && term === null) term = beginTerm(deps, lease.epoch, lead);
    await deps.clock.sleep(renewEveryMs, signal).catch(() => undefined);
  }
  await stepDown();
  await releaseLease(deps.db, name, deps.holder).catch(() => undefined);
}

function beginTerm(deps: LeaseDeps, epoch: number, lead: (epoch: number, signal: AbortSignal) => Promise<void>) {
  const abort = new AbortController();
  deps.log.info({ epoch, lease: deps.name ?? leaseName }, "this hub leads");
  const done = lead(epoch, abort.signal).catch((error: unknown) => {
    if (!abort.signal.aborted) deps.log.error({ err: error }, "leading ended with an error");
  });
  return { epoch, abort, done };
}
