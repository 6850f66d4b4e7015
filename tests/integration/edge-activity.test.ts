import { afterEach, beforeEach, expect, test } from "vitest";
import { WebSocket } from "ws";
import { findServerById } from "#db/servers.ts";
import { until } from "#tests/fakes/hub-under-test.ts";
import { type Portal, startPortal } from "#tests/fakes/whole-portal.ts";

let portal: Portal;
let ana: string;
let id: string;

beforeEach(async () => {
  portal = await startPortal();
  await portal.addUsers("ana");
  ana = await portal.signIn("ana");
  id = await portal.startServer(ana, "ana");
});
afterEach(() => portal.stop());

const lastActivity = async () => (await findServerById(portal.hub.db, id))?.server.lastActivityAt?.getTime() ?? 0;

/** The edge tells the hub what it saw, as when it ends. */
async function told(): Promise<number> {
  await portal.restartEdge();
  return await lastActivity();
}

async function opened(): Promise<WebSocket> {
  const socket = new WebSocket(`ws://${portal.url.host}/user/ana/ws`, {
    headers: { cookie: ana, origin: portal.url.origin },
  });
  await new Promise((resolve, reject) => socket.once("open", resolve).once("error", reject));
  return socket;
}

test("an open tab that pings and polls is nobody, one key pressed is somebody, and the hub hears of it at once", async () => {
  const place = await portal.enter(ana, "ana");
  const poll = async () => expect((await portal.get(place, `/user/ana/api/kernels?${Math.random()}`)).status).toBe(200);
  const socket = await opened();
  await poll();
  await until(async () => (await lastActivity()) > 0, "the first report");
  const quietFrom = Date.now();
  for (let i = 0; i < 15; i++) {
    socket.ping();
    socket.pong();
    await poll();
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  const before = await lastActivity();
  expect(before).toBeLessThanOrEqual(quietFrom + 1500);
  // A minute later by the clock of portal and edge alike.
  portal.clock.advance(120);
  socket.send("x");
  const after = await until(
    async () => ((await lastActivity()) > before ? await lastActivity() : null),
    "the key pressed",
  );
  expect(after).toBeGreaterThan(quietFrom + 120_000);
  socket.terminate();
});

test("what a tab polled for the whole time changes nothing in the edge's last word", async () => {
  const place = await portal.enter(ana, "ana");
  await portal.get(place, "/user/ana/api/sessions");
  const first = await told();
  expect(first).toBeGreaterThan(0);
  await portal.get(place, "/user/ana/api/sessions");
  const second = await told();
  // A new edge has not seen the path before: it counts once, which keeps a server a little longer and never stops one.
  expect(second).toBeGreaterThanOrEqual(first);
  for (let i = 0; i < 5; i++) await portal.get(place, `/user/ana/api/sessions?${i}`);
  portal.clock.advance(300);
  for (let i = 0; i < 5; i++) await portal.get(place, `/user/ana/api/sessions?${i}`);
  expect((await told()) - second).toBeLessThan(250_000);
});
