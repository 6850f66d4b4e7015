import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { until } from "#tests/fakes/hub-under-test.ts";
import type { Line } from "#tests/fakes/portal-client.ts";
import type { Place } from "#tests/fakes/portal-visitor.ts";
import { type Portal, startPortal } from "#tests/fakes/whole-portal.ts";

let portal: Portal;
let cookie: string;
let place: Place;
let line: Line;

beforeEach(async () => {
  portal = await startPortal();
  await portal.addUsers("ana", "bob");
  cookie = await portal.signIn("ana");
  await portal.startServer(cookie, "ana");
  place = await portal.enter(cookie, "ana");
  line = await portal.webSocket(place, "/user/ana/ws");
});
afterEach(() => portal.stop());

const status = async (name = "ana") => (await portal.get(place, `/user/${name}/api`)).status;

describe("an edge goes and comes back", () => {
  test("its WebSockets are told to come back, sessions and routes are there again, and the server never noticed", async () => {
    await portal.stopEdge();
    await until(async () => line.closedWith !== null, "the end of the WebSocket");
    expect(line.closedWith?.code).toBe(1012);
    await portal.startEdge();
    expect(await status()).toBe(200);
    const again = await portal.webSocket(place, "/user/ana/ws");
    again.say("hello");
    await until(async () => again.heard.includes("ana: hello"), "the echo");
    expect(portal.spawner.stopped).toEqual([]);
  });

  test("a gap in the revisions means a new snapshot, and nobody who is connected is dropped", async () => {
    const bob = await portal.signIn("bob");
    // Revisions that no row tells of: what a restored backup or a tidied table leaves behind.
    await portal.hub.db.execute("update stream_revision set revision = revision + 7");
    await portal.startServer(bob, "bob");
    expect((await portal.get({ ...place, cookie: bob }, "/user/bob/api")).status).toBe(200);
    line.say("still here");
    await until(async () => line.heard.includes("ana: still here"), "the echo");
    expect(await status()).toBe(200);
  });

  test("a database set back to an earlier revision is noticed: the next snapshot holds", async () => {
    const bob = await portal.signIn("bob");
    await portal.hub.db.execute("delete from stream_changes");
    await portal.hub.db.execute("update stream_revision set revision = 1");
    await portal.restartHub();
    await portal.startServer(bob, "bob");
    expect(line.isOpen).toBe(true);
  });

  test("edge and hub restarted over and over, in turn and together: the last state is what the edge has", async () => {
    const bob = await portal.signIn("bob");
    for (let round = 0; round < 3; round++) {
      await portal.restartHub();
      await portal.startServer(bob, "bob");
      await portal.restartEdge();
      expect((await portal.get({ ...place, cookie: bob }, "/user/bob/api")).status).toBe(200);
      await Promise.all([portal.restartHub(), portal.restartEdge()]);
      await portal.mutate(bob, "servers.stop", { user: "bob" });
      await until(
        async () => (await portal.get({ ...place, cookie: bob }, "/user/bob/api")).status === 424,
        "the stop",
      );
    }
    expect(await status()).toBe(200);
    expect(portal.spawner.stopped).toHaveLength(3);
  });
});
