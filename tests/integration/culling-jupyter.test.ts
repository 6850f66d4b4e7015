import { afterAll, beforeAll, expect, test } from "vitest";
import { cullerLease } from "#db/culling.ts";
import { acquireLease } from "#db/leases.ts";
import { users } from "#db/schema/people.ts";
import { servers } from "#db/schema/servers.ts";
import { findServerById } from "#db/servers.ts";
import { systemClock } from "#server/clock.ts";
import { askJupyter } from "#server/culler/ask-jupyter.ts";
import { CullTerm } from "#server/culler/term.ts";
import { type FreshDatabase, freshDatabase } from "#tests/database.ts";
import { JupyterProcess } from "#tests/fakes/jupyter-process.ts";
import { testContext } from "#tests/verb-context.ts";

const never = new AbortController().signal;
const jupyter = new JupyterProcess();
let database: FreshDatabase;

beforeAll(async () => {
  database = await freshDatabase();
  await jupyter.start();
}, 180_000);
afterAll(async () => {
  await jupyter.stop();
  await database.drop();
});

/** A server that is ready, with the app as the preset `jupyterlab` says it. */
async function readyServer(): Promise<string> {
  const [user] = await database.db.insert(users).values({ name: "ana" }).returning();
  const now = new Date();
  const app = { preset: "jupyterlab", auth: "edge", secretHeader: { name: "Authorization", format: "token {secret}" } };
  const values = {
    ...{ userId: user?.id ?? "", name: "", desired: "running" as const, phase: "ready" as const },
    ...{ generation: 1, phaseGeneration: 1, runId: "run-1", readyAt: now, lastActivityAt: now, profileSlug: "default" },
    ...{ namespace: "test", objectName: "ana", originLabel: "ana", spec: { app }, secret: jupyter.secret },
    target: { kind: "unix", path: jupyter.socket },
  };
  const [row] = await database.db.insert(servers).values(values).returning();
  return row?.id ?? "";
}

const question = () => ({
  target: { kind: "unix", path: jupyter.socket } as const,
  prefix: jupyter.prefix,
  header: { name: "Authorization", value: `token ${jupyter.secret}` },
});
const answer = () => askJupyter(question(), Date.now(), never);

test("without kernel and terminal there is nothing to be active; a wrong secret or a wrong place is no answer", async () => {
  expect(await answer()).toEqual({ kind: "quiet", activityAgeMs: null });
  const wrong = { ...question(), header: { name: "Authorization", value: "token wrong" } };
  expect(await askJupyter(wrong, Date.now(), never)).toEqual({ kind: "no-answer" });
  expect(await askJupyter({ ...question(), prefix: "/user/bob/" }, Date.now(), never)).toEqual({ kind: "no-answer" });
});

test("JupyterLab's page is one the edge can put its notice into: plain HTML, a head at once, scripts of its own origin allowed", async () => {
  const { status, headers, body } = await jupyter.ask("GET", "lab");
  expect([status, headers["content-encoding"]]).toEqual([200, undefined]);
  expect(headers["content-type"]).toMatch(/^text\/html/);
  expect(body.slice(0, 4096)).toMatch(/<head/);
  expect(headers["content-security-policy"] ?? "").not.toMatch(/script-src|default-src/);
});

test("R-07 a running cell keeps a server however long it is silent; an open tab that asks every second doesn't", {
  timeout: 180_000,
}, async () => {
  const id = await readyServer();
  const epoch = (await acquireLease(database.db, cullerLease, "test", 3600))?.epoch ?? 0;
  const ctx = testContext(database.db, { cull: { enabled: true } });
  // Shorter than the configuration allows: this test lives by the real clock.
  const cull = { ...ctx.config.cull, timeout: 6, minTimeout: 6, warnSeconds: 2, every: 1 };
  const ended = new AbortController();
  const term = new CullTerm({ ...ctx, clock: systemClock, config: { ...ctx.config, cull } }, epoch, ended.signal);
  const row = async () => (await findServerById(database.db, id))?.server;
  const tab = setInterval(() => {
    for (const path of ["api/kernels", "api/sessions", "api/terminals", "api/contents?content=1"])
      void jupyter.ask("GET", path).catch(() => undefined);
  }, 1000);
  const kernel = await jupyter.newKernel();
  const socket = await jupyter.execute(kernel, "import time\ntime.sleep(14)");
  const pings = setInterval(() => socket.ping(), 1000);
  const running = term.run();
  try {
    const startedMs = performance.now();
    const seen: (string | null)[] = [];
    while ((await answer()).kind === "busy" || performance.now() - startedMs < 5000) {
      seen.push((await row())?.stopWhy ?? null, (await row())?.desired ?? null);
      await systemClock.sleep(500);
    }
    expect(performance.now() - startedMs).toBeGreaterThan(11_000);
    expect(new Set(seen)).toEqual(new Set([null, "running"]));
    const cellEndedMs = performance.now();
    while ((await row())?.desired === "running" && performance.now() - cellEndedMs < 60_000)
      await systemClock.sleep(200);
    const last = await row();
    expect(last?.lastStop).toMatchObject({ reason: "idle", by: "test" });
    // By what JupyterLab said itself: this process may have seen the end of the cell late.
    const quietMs = new Date(last?.lastStop?.at ?? 0).getTime() - (last?.lastActivityAt?.getTime() ?? 0);
    expect(quietMs).toBeGreaterThanOrEqual(1000 * cull.timeout);
  } finally {
    clearInterval(tab);
    clearInterval(pings);
    socket.terminate();
    ended.abort();
    await running;
  }
});
