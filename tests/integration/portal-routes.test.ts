import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { findServerById } from "#db/servers.ts";
import type { Observation, SpawnFailure } from "#server/spawner/spawner.ts";
import { EchoServer } from "#tests/fakes/echo-server.ts";
import { until } from "#tests/fakes/hub-under-test.ts";
import { send } from "#tests/fakes/portal-client.ts";
import { type Portal, startPortal } from "#tests/fakes/whole-portal.ts";

let portal: Portal;
let ana: string;
let id: string;
const apps: EchoServer[] = [];

beforeEach(async () => {
  portal = await startPortal();
  await portal.addUsers("ana");
  ana = await portal.signIn("ana");
  id = await portal.startServer(ana, "ana");
});
afterEach(async () => {
  for (const app of apps.splice(0)) app.close();
  await portal.stop();
});

const ask = (nonce = "") => portal.ask(`/user/ana/api?${nonce}`, { headers: { cookie: ana } });
const row = async () => (await findServerById(portal.hub.db, id))?.server;

async function listening(who: string): Promise<{ app: EchoServer; port: number }> {
  const app = new EchoServer(who);
  apps.push(app);
  return { app, port: await app.listen() };
}

/** The program at ana's address now answers for whoever has that address next. */
function leaveAddressBehind(): EchoServer {
  const app = portal.spawner.detachApp(id);
  apps.push(app);
  return app;
}

const failure: SpawnFailure = { reason: "crashed", publicMessage: "It ended.", detail: "exit 1", exitCode: 1 };
const runIdNow = () => portal.spawner.runs.get(id)?.ref.runId ?? "";
const signs: Record<string, () => Observation> = {
  "is being deleted": () => ({ kind: "stopping", runId: runIdNow() }),
  "has ended, its object still there": () => ({ kind: "exited", runId: runIdNow(), failure, at: new Date() }),
  "is gone": () => ({ kind: "absent" }),
  "waits again under the same name, another one": () => ({
    kind: "waiting",
    runId: "other",
    phase: "starting",
    detail: "",
  }),
  "runs at another address under the same id": () => ({
    kind: "running",
    runId: runIdNow(),
    target: { kind: "tcp", host: "127.0.0.1", port: 9 },
    since: new Date(),
  }),
};

describe("S-60: an address is nobody's once its run is gone", () => {
  test.each(Object.entries(signs))(
    "at the first sign that the run %s, no request goes there any more",
    async (_sign, observation) => {
      const line = await portal.webSocket(
        { host: portal.url.host, origin: portal.url.origin, cookie: ana },
        "/user/ana/ws",
      );
      const app = leaveAddressBehind();
      portal.spawner.set(id, observation());
      await until(async () => (await ask()).status !== 200, "the end of the route");
      const before = app.seen.length;
      const answers = await Promise.all(Array.from({ length: 30 }, (_, n) => ask(`nonce${n}`)));
      expect(answers.filter((answer) => answer.status === 200)).toEqual([]);
      await until(async () => line.closedWith !== null, "the end of the WebSocket");
      expect(app.seen).toHaveLength(before);
      expect(app.openConnections).toBe(0);
    },
  );

  test("a hub that was away while the run went drops the route when it looks", async () => {
    await portal.stopHub();
    const app = leaveAddressBehind();
    portal.spawner.runs.delete(id);
    await portal.startHub();
    await until(async () => (await ask()).status === 424, "the end of the route");
    const before = app.seen.length;
    for (let n = 0; n < 20; n++) expect((await ask(`nonce${n}`)).status).toBe(424);
    expect(app.seen).toHaveLength(before);
  });
});

describe("S-61: connections belong to one run", () => {
  test("when the server is started anew, those kept to the old one are closed before the new one answers", async () => {
    await Promise.all(Array.from({ length: 10 }, () => ask()));
    const old = leaveAddressBehind();
    expect(old.openConnections).toBeGreaterThan(0);
    for (let round = 0; round < 5; round++) {
      const generation = (await row())?.generation ?? 0;
      const seen = old.seen.length;
      await portal.mutate(ana, "servers.restart", { user: "ana" });
      await until(async () => {
        const now = await row();
        return now?.phase === "ready" && now.phaseGeneration > generation;
      }, "the new run");
      const answer = await until(async () => {
        const tried = await ask();
        return tried.status === 200 ? tried : null;
      }, "the new route");
      expect(answer.echoed().valuesOf("authorization")).toEqual([`token ${(await row())?.secret}`]);
      if (round === 0) expect(old.openConnections, "kept to the old run").toBe(0);
      if (round > 0) expect(old.seen).toHaveLength(seen);
    }
  });
});

describe("S-64: what the hub asks of a server itself", () => {
  test("its check whether a server answers follows no redirect and carries no credentials", async () => {
    const { app: victim, port: victimPort } = await listening("victim");
    const { app: hostile, port } = await listening("hostile");
    hostile.answer = (_request, response) => {
      response.writeHead(302, { location: `http://127.0.0.1:${victimPort}/secret`, "set-cookie": "a=b" });
      response.end();
    };
    await portal.addUsers("bob");
    const bob = await portal.signIn("bob");
    portal.spawner.onStart = () => "wait";
    const called = await portal.mutate(bob, "servers.start", { user: "bob" });
    const bobs = (called.data as { id: string }).id;
    await until(async () => portal.spawner.runs.has(bobs), "the run");
    const runId = portal.spawner.runs.get(bobs)?.ref.runId ?? "";
    const target = { kind: "tcp", host: "127.0.0.1", port } as const;
    portal.spawner.set(bobs, { kind: "running", runId, target, since: new Date() });
    await until(async () => (await findServerById(portal.hub.db, bobs))?.server.phase === "ready", "ready");
    expect(victim.seen).toEqual([]);
    const names = hostile.seen.flatMap(({ headers }) => headers.filter((_name, index) => index % 2 === 0));
    expect(names.map((name) => name.toLowerCase()).filter((name) => /auth|cookie/.test(name))).toEqual([]);
  });

  test("an answer from the address of a run that is gone makes nothing ready", async () => {
    const { app, port } = await listening("slow");
    const held: (() => void)[] = [];
    app.answer = (_request, response) => held.push(() => response.end("ok"));
    await portal.addUsers("bob");
    portal.spawner.onStart = () => "wait";
    const called = await portal.mutate(await portal.signIn("bob"), "servers.start", { user: "bob" });
    const bobs = (called.data as { id: string }).id;
    await until(async () => portal.spawner.runs.has(bobs), "the run");
    const runId = portal.spawner.runs.get(bobs)?.ref.runId ?? "";
    const target = { kind: "tcp", host: "127.0.0.1", port } as const;
    portal.spawner.set(bobs, { kind: "running", runId, target, since: new Date() });
    await until(async () => held.length > 0, "the hub's question");
    portal.spawner.set(bobs, { kind: "waiting", runId: "another", phase: "starting", detail: "" });
    for (const answer of held) answer();
    await until(async () => (await findServerById(portal.hub.db, bobs))?.server.phase !== "ready", "another look");
    for (let looks = 0; looks < 20; looks++) {
      portal.hub.reconciler.poke(bobs);
      expect((await findServerById(portal.hub.db, bobs))?.server.phase).not.toBe("ready");
    }
  });

  test("F-29 activity seen on another run, or in the future, counts for nothing; an edge's wrong clock changes nothing", async () => {
    const report = async (runId: string, lastActivityAt: number, sentAt = Date.now()) => {
      const servers = [{ serverId: id, runId, lastActivityAt, openWebSockets: 1, bytes: 1 }];
      const answer = await send({ socketPath: portal.socketOf("edge") }, "/internal/activity", {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ sentAt, servers }),
      });
      expect(answer.status).toBe(200);
      return (await row())?.lastActivityAt?.getTime() ?? null;
    };
    const now = Date.now();
    expect(await report("the-run-before", now)).toBeNull();
    const hourMs = 3_600_000;
    expect(await report(runIdNow(), now - hourMs - 20_000, now - hourMs), "an hour behind").toBeGreaterThan(
      now - 21_000,
    );
    expect(await report(runIdNow(), now + hourMs - 9000, now + hourMs), "an hour ahead").toBeLessThan(now - 6000);
    expect(await report(runIdNow(), now - 5000)).toBeGreaterThanOrEqual(now - 5000);
    expect(await report(runIdNow(), now + 3_600_000)).toBeLessThan(now + 60_000);
    expect(await report(runIdNow(), now - 9000), "never back").toBeGreaterThan(now - 5000);
  });
});
