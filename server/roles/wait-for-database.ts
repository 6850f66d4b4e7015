import pg from "pg";
import { isDatabaseUnavailable } from "#db/unavailable.ts";
import { systemClock } from "#server/clock.ts";
import type { Log } from "#server/log.ts";

type Waiting = {
  readonly databaseUrl: string;
  readonly log: Log;
  readonly signal?: AbortSignal;
  readonly atMostSeconds?: number;
};

/**
 * Where everything starts at once the database may be last, and a hub that ended for that would be started again later and later. What
 * waiting doesn't mend (a wrong password, no such database) is thrown at once.
 */
export async function untilDatabaseAnswers({ databaseUrl, log, signal, atMostSeconds = 60 }: Waiting): Promise<void> {
  const endMs = systemClock.monotonicMs() + atMostSeconds * 1000;
  for (let attempt = 1; ; attempt++) {
    const client = new pg.Client({ connectionString: databaseUrl, connectionTimeoutMillis: 5000 });
    client.on("error", () => undefined);
    try {
      await client.connect();
      return await client.end();
    } catch (error) {
      signal?.throwIfAborted();
      if (!isDatabaseUnavailable(error) || systemClock.monotonicMs() > endMs) throw error;
      const because = error instanceof Error ? error.message : "";
      if (attempt % 10 === 1) log.warn({ because }, "waiting for the database");
      await systemClock.sleep(1000, signal);
    }
  }
}
