import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { drizzle } from "drizzle-orm/node-postgres";
import { migrate as applyMigrations } from "drizzle-orm/node-postgres/migrator";
import pg from "pg";
import { z } from "zod";
import { connecting } from "./client.ts";

/** Any number nobody else takes; "berth" in ASCII. */
const migrationLock = 0x62_65_72_74_68;

const ownMigrations = fileURLToPath(new URL("./migrations", import.meta.url));

/** What drizzle-kit writes beside the migrations; the rest of it is passed on as it is. */
const Journal = z.looseObject({ entries: z.array(z.unknown()) });

/**
 * Brings the database's tables up to date. drizzle takes no lock (drizzle-orm#874), so it runs under a session's advisory
 * lock on a connection of its own: of several hubs that start together one migrates and the others then find it done.
 * All of it is one transaction: killed half-way, nothing happened.
 */
export async function migrate(url: string, migrationsFolder = ownMigrations): Promise<void> {
  await refuseTransactionPooler(url);
  const client = await connect(url);
  try {
    await client.query("select pg_advisory_lock($1)", [migrationLock]);
    await applyMigrations(drizzle(client), { migrationsFolder });
  } finally {
    await client.end();
  }
}

/** The first so many migrations: the tables as a backup knew them. */
export async function migrateTo(url: string, count: number): Promise<void> {
  const journalFile = path.join("meta", "_journal.json");
  const journal = Journal.parse(JSON.parse(readFileSync(path.join(ownMigrations, journalFile), "utf8")));
  if (count > journal.entries.length)
    throw new Error("This backup was made by a newer Berth. Install that version or a later one, then restore it.");
  const folder = mkdtempSync(path.join(tmpdir(), "berth-migrations-"));
  try {
    cpSync(ownMigrations, folder, { recursive: true });
    writeFileSync(
      path.join(folder, journalFile),
      JSON.stringify({ ...journal, entries: journal.entries.slice(0, count) }),
    );
    await migrate(url, folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function connect(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url, ...connecting });
  client.on("error", () => undefined);
  await client.connect();
  return client;
}

async function backendPid(client: pg.Client): Promise<number> {
  const { rows } = await client.query<{ pid: number }>("select pg_backend_pid() as pid");
  return rows[0]?.pid ?? 0;
}

/**
 * Two open sessions can't share a backend. If they do, a pooler lends backends by the transaction, and neither advisory locks
 * nor LISTEN mean anything. A quiet pooler that lends the backend used last is found at once; a busy one may be missed.
 */
async function refuseTransactionPooler(url: string): Promise<void> {
  const first = await connect(url);
  const second = await connect(url);
  try {
    for (let attempt = 0; attempt < 3; attempt++) {
      const lent = await backendPid(first);
      await second.query("begin");
      const held = await backendPid(second);
      await second.query("commit");
      if (lent === held)
        throw new Error(
          "DATABASE_URL leads to a pooler in transaction mode (PgBouncer, Supavisor). Berth needs sessions of its own, for LISTEN and advisory locks: use the database's direct address, or a pooler in session mode.",
        );
    }
  } finally {
    await Promise.all([first.end(), second.end()]);
  }
}
