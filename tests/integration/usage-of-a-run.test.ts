import { afterEach, beforeEach, expect, test } from "vitest";
import { groupMembers, groups } from "#db/schema/groups.ts";
import { serverRuns } from "#db/schema/runs.ts";
import { findUserByName } from "#db/users.ts";
import { until } from "#tests/fakes/hub-under-test.ts";
import { type Portal, startPortal } from "#tests/fakes/whole-portal.ts";

let portal: Portal;
beforeEach(async () => {
  portal = await startPortal({});
  await portal.addUsers("ana");
});
afterEach(() => portal.stop());

const runOf = async () => (await portal.hub.db.select().from(serverRuns))[0];

test("a server's run is on the books of its group from its start to its end", async () => {
  const { db } = portal.hub;
  const [group] = await db.insert(groups).values({ name: "physics" }).returning();
  const ana = await findUserByName(db, "ana");
  await db.insert(groupMembers).values({ groupId: group?.id ?? "", userId: ana?.id ?? "" });
  const cookie = await portal.signIn("ana");
  const id = await portal.startServer(cookie, "ana");
  await until(async () => (await runOf())?.startedAt != null);
  expect(await runOf()).toMatchObject({ serverId: id, groupId: group?.id, userId: ana?.id, finishedAt: null, gpus: 0 });
  await portal.mutateWith({ cookie, origin: portal.url.origin, "sec-fetch-site": "same-origin" }, "servers.stop", {
    user: "ana",
    name: "",
  });
  await until(async () => (await runOf())?.finishedAt != null);
  const run = await runOf();
  expect(run?.finishedAt?.getTime()).toBeGreaterThanOrEqual(run?.startedAt?.getTime() ?? Number.POSITIVE_INFINITY);
  expect(run?.timesFrom).toBe("observation");
});
