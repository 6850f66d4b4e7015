import { afterEach, describe, expect, test } from "vitest";
import { sidHashOf } from "#server/auth/session-token.ts";
import type { Clock } from "#server/clock.ts";
import { systemClock } from "#server/clock.ts";
import { ask, echo, type Rig, type RigOptions, routeTo, startRig, stoppedAs, until } from "#tests/edge-rig.ts";

let rig: Rig;
afterEach(async () => await rig.close());

/** Real time, plus what a test adds: hours pass at once, and nobody sleeps through them. */
function shiftedClock(): Clock & { shiftMs: number } {
  const clock = {
    shiftMs: 0,
    now: () => new Date(Date.now() + clock.shiftMs),
    monotonicMs: () => systemClock.monotonicMs() + clock.shiftMs,
    sleep: systemClock.sleep,
  };
  return clock;
}

async function started(options: RigOptions = {}) {
  rig = await startRig(options);
  const target = await rig.serve(echo);
  const cookie = await rig.cookieOf("ana");
  const status = async (path = "/user/ana/api", who = cookie) =>
    (await ask(rig.port, path, { host: rig.host, headers: [`Cookie: ${who}`] })).status;
  const routed = async () => {
    rig.hub.snapshot = { ...rig.hub.snapshot, routes: [routeTo(target)] };
    rig.hub.send({ type: "route", route: routeTo(target) });
    await until(async () => (await status()) === 200);
  };
  return { target, cookie, status, routed };
}

describe("the stream from the hub", () => {
  test("F-36: an edge that starts cut off lets nobody in and says it isn't ready, until the first snapshot", async () => {
    const { status } = await started({ startCutOff: true });
    expect([await status(), rig.edge.ready(), await status("/edge/health")]).toEqual([503, false, 503]);
    rig.hub.down = false;
    await until(() => rig.edge.ready());
    expect([await status(), await status("/edge/health")]).toEqual([404, 200]);
  });

  test("F-36: without its hub it serves what it knows for so long, then answers 503", async () => {
    const clock = shiftedClock();
    const { status, routed } = await started({ clock, offlineSeconds: 600 });
    await routed();
    rig.hub.down = true;
    rig.hub.cut();
    await until(() => rig.hub.turnedAway > 0);
    clock.shiftMs = 590_000;
    expect([await status(), rig.edge.ready()]).toEqual([200, true]);
    clock.shiftMs = 605_000;
    expect([await status(), rig.edge.ready()]).toEqual([503, false]);
    rig.hub.down = false;
    await until(async () => (await status()) === 200);
  });

  test("F-36: without its hub it calls no server stopped: a hub it can't hear may have started it", async () => {
    const { status, routed } = await started();
    await routed();
    rig.hub.send({ type: "stopped", server: stoppedAs("stopped") });
    await until(async () => (await status()) === 424);
    rig.hub.down = true;
    rig.hub.cut();
    await until(async () => (await status()) === 503);
    rig.hub.down = false;
    await until(async () => (await status()) === 200);
  });

  test("with staleRoutes: refuse it lets nobody new in while the hub is away", async () => {
    const { status, routed } = await started({ staleRoutes: "refuse" });
    await routed();
    rig.hub.down = true;
    rig.hub.cut();
    await until(async () => (await status()) === 503);
  });

  test("S-16: losing the stream lets no revoked session back in, nor does a hub that has forgotten it", async () => {
    const { status, routed, target } = await started();
    await routed();
    const sid = "r".repeat(43);
    const revoked = await rig.cookieOf("ana", sid);
    rig.hub.send({ type: "session-revoked", session: { sidHash: sidHashOf(sid), until: Date.now() + 3_600_000 } });
    await until(async () => (await status("/user/ana/api", revoked)) === 403);
    rig.hub.cut();
    await until(() => rig.hub.streamsOpened === 2);
    rig.hub.send({ type: "route", route: routeTo(target, { ownerName: "bob" }) });
    const bob = await rig.cookieOf("bob");
    await until(async () => (await status("/user/bob/api", bob)) === 200);
    expect([await status("/user/ana/api", revoked), await status()]).toEqual([403, 200]);
  });

  test("S-16: a token that is revoked opens nothing, though its answer is remembered", async () => {
    const { routed } = await started();
    await routed();
    const token = `berth_${"t".repeat(38)}`;
    rig.hub.tokens.set(token, {
      kind: "user",
      tokenId: "t1",
      userId: "id-ana",
      userName: "ana",
      access: "own",
      expiresAt: null,
    });
    const status = async () =>
      (await ask(rig.port, "/user/ana/api", { host: rig.host, headers: [`Authorization: token ${token}`] })).status;
    expect(await status()).toBe(200);
    rig.hub.send({ type: "token-revoked", token: { tokenId: "t1" } });
    await until(async () => (await status()) === 403);
  });

  test("a missing revision, a line without sense and a ping from the future each bring a new snapshot", async () => {
    const { status, routed, target } = await started();
    await routed();
    const spoil = [
      () => rig.hub.write({ type: "change", revision: rig.hub.revision + 2, changes: [] }),
      () => rig.hub.write({ type: "ping", revision: rig.hub.revision + 1 }),
      () => rig.hub.write({ type: "snapshot" } as never),
    ];
    for (const [index, act] of spoil.entries()) {
      const opened = rig.hub.streamsOpened;
      rig.hub.snapshot = {
        ...rig.hub.snapshot,
        routes: [routeTo(target), routeTo(target, { ownerName: `new${index}` })],
      };
      act();
      await until(() => rig.hub.streamsOpened === opened + 1);
      const cookie = await rig.cookieOf(`new${index}`);
      await until(async () => (await status(`/user/new${index}/api`, cookie)) === 200);
      expect(await status()).toBe(200);
    }
  });

  test("a ping behind the snapshot is no gap", async () => {
    const { routed, status } = await started();
    await routed();
    rig.hub.write({ type: "ping", revision: 0 });
    rig.hub.send({ type: "stopped", server: stoppedAs("stopped") });
    await until(async () => (await status()) === 424);
    expect(rig.hub.streamsOpened).toBe(1);
  });

  test("a server that a new snapshot leaves out is gone", async () => {
    const { status, routed } = await started();
    await routed();
    rig.hub.snapshot = { ...rig.hub.snapshot, routes: [] };
    rig.hub.cut();
    await until(async () => (await status()) === 404);
  });

  test("activity is reported with the run it was seen in, at the latest when the edge ends", async () => {
    const { status, routed } = await started();
    await routed();
    expect(await status()).toBe(200);
    const before = Date.now();
    await rig.edge.close(0);
    const [server] = rig.hub.reports.flatMap(({ servers }) => servers);
    expect(server).toMatchObject({ serverId: "server-ana-", openWebSockets: 0 });
    expect(Math.abs((server?.lastActivityAt ?? 0) - before)).toBeLessThan(5000);
    expect(server?.bytes).toBeGreaterThan(0);
  });
});
