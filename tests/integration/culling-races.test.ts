import { monitorEventLoopDelay } from "node:perf_hooks";
import { eq } from "drizzle-orm";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { inTransaction } from "#db/client.ts";
import { cullerLease } from "#db/culling.ts";
import { acquireLease } from "#db/leases.ts";
import { users } from "#db/schema/people.ts";
import { servers } from "#db/schema/servers.ts";
import { audit } from "#db/schema/system.ts";
import { findServerById, lockServer, touchServers } from "#db/servers.ts";
import { extendServer } from "#server/culler/keep.ts";
import { CullTerm } from "#server/culler/term.ts";
import { stopServer } from "#server/servers/stop.ts";
import { type FreshDatabase, freshDatabase } from "#tests/database.ts";
import { type TestContext, testContext } from "#tests/verb-context.ts";

const config = { cull: { enabled: true, timeout: 600, warnSeconds: 120, every: 60 } };
const minutes = (n: number) => n * 60;

let database: FreshDatabase;
let ctx: TestContext;
let epoch: number;

let queries = 0;

beforeAll(async () => {
  database = await freshDatabase();
  database.pool.on("acquire", () => queries++);
  ctx = testContext(database.db, config);
  epoch = (await acquireLease(database.db, cullerLease, "test", 86_400))?.epoch ?? 0;
});
afterAll(() => database.drop());

/** Servers that are ready and idle, straight into the database: no backend has to run them. */
async function readyServers(count: number, prefix: string): Promise<{ id: string; user: string; runId: string }[]> {
  const names = Array.from({ length: count }, (_, i) => `${prefix}-${i}`);
  const people = await database.db
    .insert(users)
    .values(names.map((name) => ({ name })))
    .returning();
  const at = ctx.clock.now();
  const values = people.map(({ id: userId, name }) => ({
    ...{ userId, name: "", desired: "running" as const, phase: "ready" as const, generation: 1, phaseGeneration: 1 },
    ...{
      runId: `run-${name}`,
      readyAt: at,
      lastActivityAt: at,
      namespace: "test",
      objectName: name,
      originLabel: name,
    },
    ...{ target: { kind: "unix", path: "/none" }, spec: { app: { preset: "code-server" } }, profileSlug: "default" },
  }));
  const rows = await database.db.insert(servers).values(values).returning();
  return rows.map(({ id, objectName }) => ({ id, user: objectName, runId: `run-${objectName}` }));
}

function newTerm(): CullTerm {
  return new CullTerm(ctx, epoch, new AbortController().signal);
}

/** Looks each minute, so that the culler watches all along. */
async function pass(term: CullTerm, seconds: number): Promise<void> {
  for (let left = seconds; left > 0; left -= 60) {
    ctx.clock.advance(Math.min(60, left));
    await term.look();
  }
}

describe("the culler and its people, at the same moment, in a real database", () => {
  test("R-07 of 600 stops, each beside a touch, an extension or another start, none is of a server that somebody just used", async () => {
    const rounds = fc.sample(fc.constantFrom("touch", "extend", "restart", "nothing"), { numRuns: 600, seed: 7 });
    let came = 0;
    for (let round = 0; round < 3; round++) {
      const now = await readyServers(200, `race${round}`);
      const term = newTerm();
      await term.look();
      await pass(term, minutes(10) - 60);
      ctx.clock.advance(61);
      const what = rounds.slice(round * 200, round * 200 + 200);
      const looking = term.look();
      const interfering = now.map((server, i) => interfere(what[i] ?? "nothing", server, i));
      const outcomes = await Promise.all(interfering);
      await looking;
      const culled = new Set((await cullings()).map(({ target }) => target));
      for (const [i, { cameBefore }] of outcomes.entries()) {
        if (!cameBefore) continue;
        came++;
        expect(culled.has(`server:${now[i]?.id}`), `${now[i]?.user} ${what[i]}`).toBe(false);
      }
      for (const { user } of now) await stopServer(ctx, { user, name: "" });
    }
    expect((await cullings()).length).toBeGreaterThan(100);
    expect(came).toBeGreaterThan(50);
  });

  async function cullings() {
    return await database.db.select().from(audit).where(eq(audit.action, "server.cull"));
  }

  type Server = { readonly id: string; readonly user: string; readonly runId: string };

  /** `cameBefore`: it was there before the stop was, as the row's lock tells. */
  async function interfere(what: string, server: Server, i: number): Promise<{ cameBefore: boolean }> {
    for (let turn = 0; turn < i % 40; turn++) await new Promise((resolve) => setImmediate(resolve));
    if (what === "touch")
      return await inTransaction(database.db, async (tx) => {
        const row = await lockServer(tx, server.id);
        await touchServers(tx, [{ serverId: server.id, runId: server.runId, at: ctx.clock.now() }], ctx.clock.now());
        return { cameBefore: row?.desired === "running" };
      });
    if (what === "extend")
      return await extendServer(ctx, { user: server.user, name: "" }).then(
        () => ({ cameBefore: true }),
        () => ({ cameBefore: false }),
      );
    if (what === "restart")
      return await inTransaction(database.db, async (tx) => {
        const row = await lockServer(tx, server.id);
        const wish = { generation: 2, phaseGeneration: 2, runId: "another", readyAt: ctx.clock.now() };
        await tx
          .update(servers)
          .set({ ...wish, desired: "running", stopAt: null, stopWhy: null })
          .where(eq(servers.id, server.id));
        return { cameBefore: row?.desired === "running" };
      });
    return { cameBefore: false };
  }

  test("L-12 a look at 3,000 servers takes one query, and leaves the process to others all the while", async () => {
    await readyServers(3000, "many");
    const term = newTerm();
    await term.look();
    const delay = monitorEventLoopDelay({ resolution: 5 });
    delay.enable();
    const queriesBefore = queries;
    const startedMs = performance.now();
    await term.look();
    const tookMs = performance.now() - startedMs;
    delay.disable();
    expect(queries - queriesBefore).toBe(1);
    expect(tookMs).toBeLessThan(2000);
    expect(delay.percentile(99) / 1e6).toBeLessThan(200);
    await database.db.execute("update servers set desired = 'stopped', phase = 'stopped'");
  });

  test("R-02 a culler that slept through its lease announces and stops nothing", async () => {
    const [server] = await readyServers(1, "lease");
    const term = newTerm();
    await term.look();
    await pass(term, minutes(9));
    await database.db.execute("update leases set epoch = epoch + 1 where name = 'culler'");
    await pass(term, minutes(30));
    const row = (await findServerById(database.db, server?.id ?? ""))?.server;
    expect([row?.desired, row?.stopWhy]).toEqual(["running", "idle"]);
    epoch++;
    await stopServer(ctx, { user: server?.user ?? "", name: "" });
  });

  test("F-03 a hub that was away for half an hour gives its people the whole warning again", async () => {
    const [server] = await readyServers(1, "away");
    const term = newTerm();
    await term.look();
    await pass(term, minutes(9));
    const row = async () => (await findServerById(database.db, server?.id ?? ""))?.server;
    expect((await row())?.stopWhy).toBe("idle");
    ctx.clock.advance(1800);
    await term.look();
    await pass(term, 60);
    expect((await row())?.desired).toBe("running");
    await pass(term, 120);
    expect((await row())?.desired).toBe("stopped");
  });
});
