import { sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type FreshDatabase, freshDatabase } from "#tests/database.ts";
import { createDb, inTransaction } from "./client.ts";
import { groups } from "./schema/groups.ts";

let database: FreshDatabase;
beforeAll(async () => {
  database = await freshDatabase();
});
afterAll(() => database.drop());

describe("createDb", () => {
  test("a connection that the database ends while it is idle is reported and replaced, and ends nothing", async () => {
    const heard = Promise.withResolvers<Error>();
    const { db, pool, close } = createDb(database.url, { maxConnections: 1, onError: heard.resolve });
    const { rows } = await pool.query("select pg_backend_pid() as pid");
    await database.pool.query("select pg_terminate_backend($1)", [rows[0].pid]);
    expect((await heard.promise).message).toContain("terminating connection");
    expect((await db.execute(sql`select 1 as one`)).rows).toEqual([{ one: 1 }]);
    await close();
  });

  test("no statement, lock or open transaction can hold a connection for ever", async () => {
    const names = ["statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout"];
    for (const name of names) {
      const { rows } = await database.pool.query("select current_setting($1) as value", [name]);
      expect(rows[0].value, name).toMatch(/^\d+(s|min)$/);
    }
  });
});

describe("inTransaction", () => {
  test("what throws leaves nothing behind; nested, it takes back only itself", async () => {
    const { db } = database;
    const broken = inTransaction(db, async (tx) => {
      await tx.insert(groups).values({ name: "lost" });
      throw new Error("no");
    });
    await expect(broken).rejects.toThrow("no");
    await inTransaction(db, async (tx) => {
      await tx.insert(groups).values({ name: "kept" });
      await inTransaction(tx, async (inner) => {
        await inner.insert(groups).values({ name: "inner" });
        throw new Error("no");
      }).catch(() => undefined);
    });
    expect((await db.select({ name: groups.name }).from(groups)).map(({ name }) => name)).toEqual(["kept"]);
  });
});
