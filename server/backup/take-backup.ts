import type pg from "pg";
import { rowsOf, tablesInOrder } from "#db/dump.ts";
import type { Clock } from "#server/clock.ts";
import { version } from "#server/version.ts";
import { type HomeOnMap, writeBackup } from "./backup-file.ts";
import { connectTo } from "./database.ts";

export type Taken = { readonly rows: number; readonly homes: number };

/**
 * Everything the database holds as of one moment, while Berth goes on. Homes themselves aren't in it: the map says which volume is
 * whose. Sealed and hashed secrets are in it as they are in the database, so the file is to be kept as safe as the database.
 */
export async function takeBackup(databaseUrl: string, clock: Clock, out: NodeJS.WritableStream): Promise<Taken> {
  const client = await connectTo(databaseUrl);
  try {
    await client.query("begin isolation level repeatable read read only");
    await refuseWhereNoBerth(client);
    const homes = await mapOfHomes(client);
    const header = {
      backupOf: "berth",
      format: 1,
      version,
      takenAt: clock.now().toISOString(),
      installation: await installationOf(client),
      migrations: await countMigrations(client),
    } as const;
    const rows = await writeBackup({ header, homes, rows: everyRow(client) }, out);
    await client.query("commit");
    return { rows, homes: homes.length };
  } finally {
    await client.end();
  }
}

async function refuseWhereNoBerth(client: pg.Client): Promise<void> {
  const { rows } = await client.query("select to_regclass('drizzle.__drizzle_migrations') is not null as made");
  if (rows[0]?.made !== true) throw new Error("This database holds no Berth yet, so there is nothing to back up.");
}

async function* everyRow(client: pg.Client) {
  for (const table of await tablesInOrder(client)) for await (const row of rowsOf(client, table)) yield { table, row };
}

async function mapOfHomes(client: pg.Client): Promise<HomeOnMap[]> {
  const { rows } = await client.query<HomeOnMap>(
    `select u.name as "user", s.name as server, h.namespace, h.name, h.claim_uid as "claimUid",
            h.capacity_bytes::float8 as "capacityBytes"
       from homes h join users u on u.id = h.user_id left join servers s on s.id = h.server_id
      where h.removed_at is null order by u.name, h.namespace, h.name`,
  );
  return rows;
}

async function installationOf(client: pg.Client): Promise<string> {
  const { rows } = await client.query<{ value: string }>("select value from installation where key = 'id'");
  return rows[0]?.value ?? "";
}

export async function countMigrations(client: pg.Client): Promise<number> {
  const { rows } = await client.query<{ count: number }>("select count(*)::int from drizzle.__drizzle_migrations");
  return rows[0]?.count ?? 0;
}
