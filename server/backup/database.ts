import pg from "pg";
import type { Config } from "#server/config/schema.ts";
import { startEmbeddedPostgres } from "#server/embedded/postgres.ts";
import { createLog } from "#server/log.ts";
import type { HomePaths } from "#server/roles/home.ts";
import { untilDatabaseAnswers } from "#server/roles/wait-for-database.ts";

const patienceSeconds = 10;

type Place = { readonly config: Config; readonly paths: HomePaths };

/** The database this installation uses; the embedded one is started when it doesn't run, and then ended again. */
export async function withDatabase<T>({ config, paths }: Place, work: (url: string) => Promise<T>): Promise<T> {
  const { url } = config.hub.db;
  if (url !== undefined) {
    // One that was started a moment ago is not there yet. That it can't be reached is for `work` to say.
    const waiting = { databaseUrl: url, log: createLog("cli", "warn"), atMostSeconds: patienceSeconds };
    await untilDatabaseAnswers(waiting).catch(() => undefined);
    return await work(url);
  }
  const database = await startEmbeddedPostgres({ directory: paths.database, log: createLog("cli", "warn") });
  try {
    return await work(database.url);
  } finally {
    if (!database.adopted) await database.stop();
  }
}

/** A connection of its own: a whole backup is one transaction on it. */
export async function connectTo(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 10_000 });
  // Heard by the query that is under way.
  client.on("error", () => undefined);
  await client.connect().catch((error: Error) => {
    throw new Error(
      `The database can't be reached (${error.message}). Check that it runs and that hub.db.url is right.`,
    );
  });
  return client;
}
