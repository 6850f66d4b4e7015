import pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { systemClock } from "#server/clock.ts";
import { recordActivity } from "#server/servers/record-activity.ts";
import { until } from "#tests/fakes/hub-under-test.ts";
import type { Called } from "#tests/fakes/portal-client.ts";
import { type Portal, startPortal } from "#tests/fakes/whole-portal.ts";

const lockedMs = 30_000;
const others = Array.from({ length: 6 }, (_, index) => `user${index}`);
const sentence = "Another change to this server is still being written. Try again in a moment.";

let portal: Portal;
let id: string;
const cookies = new Map<string, string>();
const cookieOf = (name: string) => cookies.get(name) ?? "";
const ids = new Map<string, string>();

beforeAll(async () => {
  portal = await startPortal();
  await portal.addUsers("ana", ...others);
  for (const name of ["ana", ...others]) {
    cookies.set(name, await portal.signIn(name));
    ids.set(name, await portal.startServer(cookieOf(name), name));
  }
  id = ids.get("ana") ?? "";
});
afterAll(() => portal.stop());

/** What a person does with their own server and its page, and how long the slowest of it took. */
async function aRoundOf(name: string): Promise<number> {
  const cookie = cookieOf(name);
  let slowestMs = 0;
  const timed = async (called: Promise<Called>) => {
    const beganMs = performance.now();
    expect(await called, name).toMatchObject({ code: null });
    slowestMs = Math.max(slowestMs, performance.now() - beganMs);
  };
  await timed(portal.query(cookie, "servers.list", { user: name }));
  await timed(portal.mutate(cookie, "culling.extend", { user: name, seconds: 600 }));
  await timed(portal.query(cookie, "me.get", undefined));
  await timed(portal.mutate(cookie, "servers.start", { user: name }));
  return slowestMs;
}

/** Fifty changes of ana's server at once, of every kind a person has. */
function fifty(): Promise<Called>[] {
  const verbs = ["servers.stop", "servers.restart", "culling.extend", "servers.start", "servers.stop"];
  return Array.from({ length: 50 }, (_, n) =>
    portal.mutate(cookieOf("ana"), verbs[n % verbs.length] ?? "", { user: "ana" }),
  );
}

test("F-14: fifty requests on a row that is locked for 30 s say so; nobody else waits, and afterwards all of it works", async () => {
  const before: number[] = [];
  for (let round = 0; round < 5; round++) for (const name of others) before.push(await aRoundOf(name));
  const holder = new pg.Client({ connectionString: portal.databaseUrl });
  await holder.connect();
  await holder.query("begin");
  await holder.query("select 1 from servers where id = $1 for update", [id]);
  const lockedAtMs = performance.now();

  const during: number[] = [];
  const answers: Called[] = [];
  while (performance.now() - lockedAtMs < lockedMs) {
    let open = true;
    const asked = Promise.all(fifty()).finally(() => {
      open = false;
    });
    while (open)
      for (const name of others) {
        during.push(await aRoundOf(name));
        await systemClock.sleep(100);
      }
    answers.push(...(await asked));
    // The page of the server that is locked is only read.
    expect((await portal.query(cookieOf("ana"), "servers.list", { user: "ana" })).code).toBeNull();
  }

  expect(answers.length).toBeGreaterThanOrEqual(150);
  for (const answer of answers) expect(answer).toMatchObject({ status: 503, code: "unavailable", message: sentence });
  // No request of theirs waited for a connection, which is what ten times the slowest of a quiet moment would be.
  const limitMs = Math.max(2000, 10 * Math.max(...before));
  expect(during.length).toBeGreaterThan(before.length);
  expect(Math.max(...during), `before: ${Math.max(...before)} ms`).toBeLessThan(limitMs);

  await holder.query("rollback");
  await holder.end();
  expect((await portal.mutate(cookieOf("ana"), "servers.stop", { user: "ana" })).code).toBeNull();
  await until(async () => !portal.spawner.runs.has(id), "a server that stops");
  id = await portal.startServer(cookieOf("ana"), "ana");
}, 90_000);

test("F-14: the news of a server that is locked is left out; everybody else's activity is kept", async () => {
  const { db } = portal.hub;
  const holder = new pg.Client({ connectionString: portal.databaseUrl });
  await holder.connect();
  await holder.query("begin");
  await holder.query("select 1 from servers where id = $1 for update", [id]);
  const at = Date.now() + 60_000;
  const report = [...ids.values()].flatMap((serverId) => {
    const runId = portal.spawner.runs.get(serverId)?.ref.runId;
    return typeof runId === "string" ? [{ serverId, runId, lastActivityAt: at, openWebSockets: 0, bytes: 0 }] : [];
  });
  expect(report).toHaveLength(others.length + 1);
  await recordActivity(db, { sentAt: at, servers: report }, new Date(at));
  const { rows } = await db.execute<{ id: string }>(
    `select id from servers where last_activity_at = '${new Date(at).toISOString()}'`,
  );
  expect(new Set(rows.map((row) => row.id))).toEqual(new Set([...ids.values()].filter((one) => one !== id)));
  await holder.query("rollback");
  await holder.end();
}, 20_000);
