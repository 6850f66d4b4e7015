import { systemClock } from "#server/clock.ts";
import type { Installation } from "./installation.ts";

const limitMs = 180_000;

/** Waits until so many servers are in a phase; the database is asked, so that the hub isn't. */
export async function untilPhase({ database }: Installation, phase: string, wanted: number): Promise<void> {
  const endMs = performance.now() + limitMs;
  for (;;) {
    const { rows } = await database.pool.query<{ n: number }>(
      "select count(*)::int as n from servers where phase = $1",
      [phase],
    );
    if (rows[0]?.n === wanted) return;
    if (performance.now() > endMs) throw new Error(`${rows[0]?.n ?? 0} of ${wanted} servers became ${phase} in time`);
    await systemClock.sleep(100);
  }
}
