import pg from "pg";
import { expect, test } from "vitest";
import { inTransaction } from "#db/client.ts";
import { appendStream } from "#db/stream.ts";
import { systemClock } from "#server/clock.ts";
import type { StreamLine } from "#server/internal/messages.ts";
import { StreamSource } from "#server/internal/stream-source.ts";
import { createLog } from "#server/log.ts";
import { freshDatabase } from "#tests/database.ts";
import { until } from "#tests/fakes/hub-under-test.ts";

const revoked = { type: "session-revoked", session: { sidHash: "h", until: 1 } } as const;

test("S-16: what is revoked while an edge's snapshot is read is told to it at once, and not with the next change", async () => {
  const database = await freshDatabase();
  const source = new StreamSource(database.db, systemClock, createLog("test", "silent"));
  const holder = new pg.Client({ connectionString: database.url });
  await holder.connect();
  await holder.query("begin");
  await holder.query("lock table sessions in access exclusive mode");
  const lines: StreamLine[] = [];
  const subscribing = source.subscribe((line) => lines.push(line));
  const waits = "select 1 from pg_locks where not granted";
  await until(async () => (await database.pool.query(waits)).rowCount, "the snapshot to be half read");
  await inTransaction(database.db, (tx) => appendStream(tx, [revoked]));
  source.poke();
  await holder.query("rollback");
  await subscribing;
  await until(async () => lines.length === 2, "the change");
  expect(lines[1]).toEqual({ type: "change", revision: 1, changes: [revoked] });
  await holder.end();
  await database.drop();
});

test("S-16: a change that couldn't be read is read again by itself", async () => {
  const database = await freshDatabase();
  const log = createLog("test", "silent");
  const failed = Promise.withResolvers<void>();
  log.warn = () => failed.resolve();
  const source = new StreamSource(database.db, systemClock, log);
  const lines: StreamLine[] = [];
  await source.subscribe((line) => lines.push(line));
  await inTransaction(database.db, (tx) => appendStream(tx, [revoked]));
  await database.pool.query("alter table stream_changes rename to away");
  source.poke();
  await failed.promise;
  await database.pool.query("alter table away rename to stream_changes");
  await until(async () => lines.length === 2, "the change");
  await database.drop();
});
