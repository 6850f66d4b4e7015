import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { servers } from "#db/schema/servers.ts";
import { namespaceFacts, serverNamespacesDue } from "#db/tenancies.ts";
import { checkHub } from "#server/checks.ts";
import { reloaded } from "#server/config/reload.ts";
import { Config } from "#server/config/schema.ts";
import { addMembers } from "#server/groups/add-members.ts";
import { createGroup } from "#server/groups/create.ts";
import { setQuota } from "#server/quotas/set-quota.ts";
import { startServer } from "#server/servers/start.ts";
import type { Tenancy, TenancyLook } from "#server/spawner/tenancy.ts";
import { addUser, type HubUnderTest, startHubOn, startTestHub, until } from "#tests/fakes/hub-under-test.ts";

const whole: TenancyLook = { isNew: false, mended: [], lacking: [], outcome: { kind: "whole" } };
const asked: Tenancy[] = [];
let answer: TenancyLook = whole;
let t: HubUnderTest;

const config = { spawner: { type: "kubernetes", kubernetes: { namespaceTemplate: "berth-{group}" } } };
const ctx = () => t.hub.systemContext("test");
const lastOf = (namespace: string) => asked.findLast((tenancy) => tenancy.namespace === namespace);

beforeEach(async () => {
  asked.length = 0;
  answer = whole;
  t = await startTestHub(config, {
    prepareNamespace: async (tenancy) => {
      asked.push(tenancy);
      return answer;
    },
  });
  await addUser(t.hub, "ana");
  await createGroup(ctx(), { name: "physics" });
  await addMembers(ctx(), { group: "physics", users: ["ana"] });
});
afterEach(() => t.stop());

const check = async () => (await checkHub(t.hub, ctx())).find(({ name }) => name === "namespaces");

describe("the namespaces of groups", () => {
  test("a start carries what its namespace must hold, from the database", async () => {
    await setQuota(ctx(), { group: "physics", quota: { servers: 3, cpuLimit: 8 } });
    const { id } = await startServer(ctx(), { user: "ana" });
    const run = await until(async () => t.spawner.runs.get(id), "a run");
    expect(run.order.tenancy).toMatchObject({
      namespace: "berth-physics",
      quota: { servers: 3, cpuLimitMillicores: 8000 },
      sharedVolume: null,
    });
  });

  test("a start carries the files of that moment's configuration, and they aren't recorded with the server", async () => {
    const extraFiles = { one: { mountPath: "/etc/a", stringData: "hi" } };
    const changed = Config.parse({ ...config, singleuser: { extraFiles } });
    t.hub.liveConfig.take(reloaded(t.hub.config, changed), { file: "berth.yaml", at: new Date() });
    const { id } = await startServer(ctx(), { user: "ana" });
    const run = await until(async () => t.spawner.runs.get(id), "a run");
    expect(run.order.files).toEqual([{ path: "/etc/a", mode: 0o644, content: Buffer.from("hi") }]);
    const rows = await t.hub.db.select().from(servers);
    expect(rows.map((row) => row.id)).toEqual([id]);
    expect(JSON.stringify(rows)).not.toContain("/etc/a");
  });

  test("a quota that changes is in the cluster at once, not at the next round", async () => {
    await startServer(ctx(), { user: "ana" });
    for (const servers of [5, 4]) {
      await setQuota(ctx(), { group: "physics", quota: { servers } });
      await until(async () => lastOf("berth-physics")?.quota?.servers === servers, "the new quota");
    }
  });

  test("what was missing stands in the health checks by name, whether put back or not, until a look finds all of it", async () => {
    expect(await check()).toMatchObject({ ok: true, message: "None is in use yet." });
    answer = { ...whole, mended: ["NetworkPolicy/berth-default-deny"] };
    await startServer(ctx(), { user: "ana" });
    await setQuota(ctx(), { group: "physics", quota: { servers: 4 } });
    const found = await until(async () => ((await check())?.ok === false ? await check() : null), "the finding");
    expect(found?.message).toMatch(
      /^Pieces were missing\. berth-physics \(.*\): NetworkPolicy\/berth-default-deny \(put back\)\.$/,
    );
    answer = { ...whole, lacking: ["LimitRange/berth-defaults: 403 no"], outcome: refused };
    await setQuota(ctx(), { group: "physics", quota: { servers: 5 } });
    await until(async () => (await check())?.message.includes("berth-defaults: 403 no"), "what is still missing");
    answer = whole;
    await setQuota(ctx(), { group: "physics", quota: { servers: 6 } });
    await until(async () => (await check())?.ok === true, "all is there again");
  });

  test("a look that has to be done again is done again soon, and says nothing meanwhile", async () => {
    answer = { ...whole, outcome: { kind: "retry", afterMs: 1, because: "counting" } };
    await startServer(ctx(), { user: "ana" });
    await setQuota(ctx(), { group: "physics", quota: { servers: 4 } });
    await until(async () => asked.length >= 2, "a second look");
    expect(await check()).toMatchObject({ ok: true, message: "None is in use yet." });
  });
});

test("a hub that comes to lead looks at the namespaces in use, also where each user has one, and then when they are due", async () => {
  const looked: Tenancy[] = [];
  const own = { spawner: { type: "kubernetes", kubernetes: { namespaceTemplate: "berth-{username}" } } };
  const first = await startTestHub(own, {
    prepareNamespace: async (tenancy) => {
      looked.push(tenancy);
      return whole;
    },
  });
  await addUser(first.hub, "ana");
  const { id } = await startServer(first.hub.systemContext("test"), { user: "ana" });
  await until(async () => first.spawner.runs.get(id), "a run");
  await first.hub.stop();
  const second = await startHubOn({ databaseUrl: first.databaseUrl, spawner: first.spawner, config: own });
  await until(async () => looked.length > 0, "a look");
  expect(looked).toMatchObject([{ namespace: "berth-ana", quota: null, groupId: null }]);
  expect(looked[0]?.userId).toEqual(expect.any(String));
  await until(async () => (await namespaceFacts(second.db, new Date(0), 1)).known === 1, "the record of it");
  const dueBefore = (before: Date) => serverNamespacesDue(second.db, { before, limit: 10 });
  expect(await dueBefore(new Date(Date.now() - 60_000))).toEqual([]);
  expect(await dueBefore(new Date(Date.now() + 60_000))).toMatchObject([{ namespace: "berth-ana" }]);
  await second.stop();
  await first.stop();
});

const refused: TenancyLook["outcome"] = {
  kind: "refused",
  failure: { reason: "rejected", publicMessage: "No.", detail: "403" },
};
