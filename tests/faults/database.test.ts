import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { migrate } from "#db/migrate.ts";
import { type EmbeddedPostgres, startEmbeddedPostgres } from "#server/embedded/postgres.ts";
import { createLog } from "#server/log.ts";
import { until } from "#tests/fakes/hub-under-test.ts";
import type { Called, Line } from "#tests/fakes/portal-client.ts";
import { allRows } from "#tests/fakes/rows.ts";
import { type Portal, startPortal } from "#tests/fakes/whole-portal.ts";

const names = Array.from({ length: 8 }, (_, index) => `user${index}`);

let directory: string;
let database: EmbeddedPostgres;
let portal: Portal;
/** Somebody at work while all this happens. */
let cookie: string;
let id: string;
let line: Line;
const cookies = new Map<string, string>();

const startDatabase = () =>
  startEmbeddedPostgres({ directory, log: createLog("test", "silent"), settings: { fsync: "off" } });

beforeAll(async () => {
  directory = mkdtempSync(path.join(tmpdir(), "berth-test-faults-"));
  database = await startDatabase();
  await migrate(database.url);
  portal = await startPortal({ databaseUrl: database.url });
  await portal.addUsers("ana", ...names);
  for (const name of names) cookies.set(name, await portal.signIn(name));
  cookie = await portal.signIn("ana");
  id = await portal.startServer(cookie, "ana");
  line = await portal.webSocket(await portal.enter(cookie, "ana"), "/user/ana/ws");
});
afterAll(async () => {
  await portal.stop();
  await database.stop();
  rmSync(directory, { recursive: true, force: true });
});

async function expectWork(word: string): Promise<void> {
  line.say(word);
  await until(async () => line.heard.includes(`ana: ${word}`), "the echo");
  expect((await portal.ask("/user/ana/api", { headers: { cookie } })).status).toBe(200);
  expect(portal.spawner.runs.get(id)?.ref.generation).toBe(1);
}

const start = (name: string) => portal.mutate(cookies.get(name) ?? "", "servers.start", { user: name });
const stop = (name: string) => portal.mutate(cookies.get(name) ?? "", "servers.stop", { user: name });

describe("the database goes and comes back", () => {
  test("F-11: stopped: work goes on, the rest says try again and logs nobody out; back within 10 s of its return", async () => {
    const before = await allRows(portal.hub.db, ["server_events"]);
    await database.stop();
    await expectWork("without a database");
    const answers = [
      await start("user0"),
      await stop("user0"),
      await portal.query(cookie, "me.get", undefined),
      await portal.query(cookie, "servers.list", { user: "ana" }),
      await portal.mutate(cookie, "tokens.create", { note: "x", expiresInSeconds: null, scopes: null }),
    ];
    for (const answer of answers) expect(answer).toMatchObject({ status: 503, code: "unavailable" });
    expect(answers[0]?.message).toMatch(/Try again/);
    const rest = await portal.ask("/hub/api/user", { headers: { cookie } });
    const page = await portal.ask("/api/trpc/me.get", { headers: { cookie } });
    for (const { status, headers } of [rest, page])
      expect([status, Number(headers["retry-after"]) > 0]).toEqual([503, true]);
    expect((await portal.ask("/hub/health")).status).toBe(503);
    expect((await portal.ask("/hub/live")).status).toBe(200);
    expect((await portal.ask("/edge/health")).status).toBe(200);
    await expectWork("still");

    database = await startDatabase();
    const backMs = performance.now();
    await until(async () => (await portal.query(cookie, "me.get", undefined)).code === null, "the session");
    await until(async () => (await portal.ask("/hub/health")).status === 200, "a ready hub");
    expect(performance.now() - backMs).toBeLessThan(10_000);
    expect(await allRows(portal.hub.db, ["server_events"]), "nothing was done by halves").toEqual(before);
    await portal.startServer(cookies.get("user0") ?? "", "user0");
    await expectWork("afterwards");
  });

  test("F-12: every connection cut again and again while servers start and stop: what was answered OK is so, once", async () => {
    const killer = new pg.Client({ connectionString: database.url });
    await killer.connect();
    const answered: { name: string; wish: "start" | "stop"; called: Called }[] = [];
    let cutting = true;
    const cut = (async () => {
      let rounds = 0;
      for (; cutting; rounds++) {
        await killer.query(
          "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()",
        );
        await new Promise((resolve) => setTimeout(resolve, 120));
      }
      return rounds;
    })();
    await Promise.all(
      names.map(async (name) => {
        for (let round = 0; round < 12; round++) {
          answered.push({ name, wish: "start", called: await start(name) });
          answered.push({ name, wish: "stop", called: await stop(name) });
        }
      }),
    );
    cutting = false;
    expect(await cut).toBeGreaterThan(5);
    await killer.end();
    // Never "our mistake", never a log-out: what a person reads is "try again", or that there is no server yet.
    const codes = new Set(answered.map(({ called }) => called.code));
    expect([...codes].filter((code) => code !== null && code !== "unavailable" && code !== "not-found")).toEqual([]);
    expect(answered.some(({ called }) => called.code === null)).toBe(true);
    await expectWork("after the storm");

    for (const name of names) await until(async () => (await start(name)).code === null, `a start for ${name}`);
    for (const name of names) {
      const own = cookies.get(name) ?? "";
      await until(
        async () => (await portal.ask(`/user/${name}/api`, { headers: { cookie: own } })).status === 200,
        name,
      );
    }
    expect(portal.spawner.runs.size).toBe(names.length + 1);
    const { rows } = await portal.hub.db.execute<{ name: string; generation: number; starts: string; n: string }>(`
      select u.name, s.generation, count(distinct s.id) as n,
        count(a.id) filter (where a.action = 'server.start') as starts
      from users u join servers s on s.user_id = u.id left join audit a on a.target = 'server:' || s.id
      group by u.name, s.generation`);
    expect(rows).toHaveLength(names.length + 1);
    // The wish and its line in the audit are one commit: neither was ever kept without the other, or twice.
    for (const row of rows) expect([Number(row.n), Number(row.starts)]).toEqual([1, row.generation]);
    const generations = new Map(rows.map((row) => [row.name, row.generation]));
    for (const name of names) {
      const own = answered.filter((one) => one.name === name);
      const started = own.filter(({ wish, called }) => wish === "start" && called.code === null).length;
      // A start after a stop that failed may have found the server running, which is an OK without a new start.
      const unstopped = own.filter(({ wish, called }) => wish === "stop" && called.code !== null).length;
      expect(generations.get(name), "an OK that left nothing behind").toBeGreaterThanOrEqual(started - unstopped);
    }
  });

  test("F-14: a lock held on one user's server holds up that user alone, and what waited is done afterwards", async () => {
    const holder = new pg.Client({ connectionString: database.url });
    await holder.connect();
    await holder.query("begin");
    await holder.query(
      "select 1 from servers s join users u on u.id = s.user_id where u.name = 'user1' for update of s",
    );
    const waits = stop("user1");
    let waiting = true;
    void waits.finally(() => {
      waiting = false;
    });
    for (const name of names.slice(2)) expect((await stop(name)).code).toBeNull();
    expect((await portal.query(cookie, "servers.list", { user: "ana" })).code).toBeNull();
    expect(waiting).toBe(true);
    await holder.query("rollback");
    await holder.end();
    expect((await waits).code).toBeNull();
  });
});
