import { afterAll, beforeAll, expect, inject, test } from "vitest";
import type { KubeCall } from "#k8s/caller.ts";
import { isHubError } from "#server/errors.ts";
import { addMembers } from "#server/groups/add-members.ts";
import { createGroup } from "#server/groups/create.ts";
import type { Hub } from "#server/hub.ts";
import { setQuota } from "#server/quotas/set-quota.ts";
import { startServer } from "#server/servers/start.ts";
import { stopServer } from "#server/servers/stop.ts";
import { createInstallation, type Installation, listed, type Named } from "./installation.ts";
import { Person } from "./person.ts";
import { analyse, buildAnalyser, type Endpoint, type Probe } from "./policy-analyser.ts";
import { waitFor } from "./processes.ts";

const names = Array.from({ length: 20 }, (_, n) => `u${n}`);
let it: Installation;
/** The group's namespace. */
let physics: Installation;
let hubs: readonly [Hub, Hub];
/** Before each pod that a hub makes: the policies that a look finds in its namespace. */
const foundBeforePods: (readonly string[])[] = [];

beforeAll(async () => {
  it = await createInstallation(inject("kubeconfig"), {
    tenancies: true,
    kubernetes: { namespaceTemplate: "{hubnamespace}-{group}" },
  });
  physics = { ...it, namespace: `${it.namespace}-physics` };
  const around = async <T>(call: KubeCall, run: () => Promise<T>): Promise<T> => {
    if (call.verb === "create" && call.kind === "pods")
      foundBeforePods.push((await policiesThere()).map(({ metadata }) => metadata.name).sort());
    return await run();
  };
  hubs = [await it.hub({ around }), await it.hub({ around })];
  await waitFor("a hub leads", 20, () => hubs.some((hub) => hub.reconciler.leading));
  for (const name of names) await Person.create(it, hubs[0], name);
  await createGroup(ctx(), { name: "physics" });
  await addMembers(ctx(), { group: "physics", users: names });
});
afterAll(async () => await it?.remove());

const ctx = (hub = hubs[0]) => hub.systemContext("test");
const person = (name: string) => new Person(physics, hubs[0], name);
const counted = async (plural: string) => (await listed(physics, plural)).length;

async function policiesThere(): Promise<readonly Named[]> {
  const path = `/apis/networking.k8s.io/v1/namespaces/${physics.namespace}/networkpolicies`;
  const { items }: { items?: readonly Named[] } = await it.api.get(path);
  return items ?? [];
}

/** Everybody at once, half at each hub. */
async function startAll(): Promise<{ won: string[]; refused: string[] }> {
  const won: string[] = [];
  const refused: string[] = [];
  const start = async (user: string, n: number) => {
    try {
      await startServer(ctx(hubs[n % 2 === 0 ? 0 : 1]), { user, group: "physics" });
      won.push(user);
    } catch (error) {
      if (!isHubError(error) || error.code !== "limit-reached") throw error;
      refused.push(error.publicMessage);
    }
  };
  await Promise.all(names.map(start));
  return { won, refused };
}

async function stopAll(users: readonly string[]): Promise<void> {
  for (const user of users) await stopServer(ctx(), { user });
  for (const user of users) await person(user).reaches("stopped");
  for (const user of users) await person(user).leavesNothing();
}

async function quotaThere(): Promise<{ hard: string; used: string }> {
  const path = `/api/v1/namespaces/${physics.namespace}/resourcequotas/berth-group`;
  const { status }: { status?: { hard: { pods: string }; used: { pods: string } } } = await it.api.get(path);
  return { hard: status?.hard.pods ?? "", used: status?.used.pods ?? "" };
}

test("R-04, S-44: 20 starts at two hubs for a group's one place, again and again: one pod, one secret, and nothing of the 19 who are told whose it is", async () => {
  await setQuota(ctx(), { group: "physics", quota: { servers: 1, cpuLimit: 8 } });
  const winners = new Set<string>();
  for (let round = 1; round <= 3; round++) {
    const { won, refused } = await startAll();
    expect([won.length, refused.length]).toEqual([1, 19]);
    const [winner = ""] = won;
    for (const sentence of refused) expect(sentence).toContain(`Group physics has used 1 of 1 server: ${winner}. `);
    winners.add(winner);
    await person(winner).reaches("ready");
    expect([await counted("pods"), await counted("secrets")]).toEqual([1, 1]);
    expect(await counted("persistentvolumeclaims")).toBe(winners.size);
    expect(await quotaThere()).toEqual({ hard: "1", used: "1" });
    await stopAll(won);
  }
});

test("R-04: of 20 starts for eight places eight run, and none fails on how the cluster keeps its quota's books", async () => {
  await setQuota(ctx(), { group: "physics", quota: { servers: 8, cpuLimit: 8 } });
  const { won, refused } = await startAll();
  expect([won.length, refused.length]).toEqual([8, 12]);
  for (const name of won) await person(name).reaches("ready");
  expect([await counted("pods"), await counted("secrets")]).toEqual([8, 8]);
  expect(await quotaThere()).toEqual({ hard: "8", used: "8" });
  await stopAll(won);
});

test("S-71: before each of these pods, the first in its namespace too, the policies that close it were there", () => {
  expect(foundBeforePods.length).toBeGreaterThanOrEqual(11);
  const closed = ["berth-default-deny", `berth-servers-${it.installationId}`];
  for (const found of foundBeforePods) expect(found).toEqual(closed);
});

test("S-70, S-72: as the API server keeps them, they let these pods reach no cloud metadata and not each other, by an analyser", async () => {
  await buildAnalyser();
  const pair = names.slice(0, 2);
  for (const user of pair) await startServer(ctx(), { user, group: "physics" });
  for (const user of pair) await person(user).reaches("ready");
  const [ana, ben] = await endpoints();
  if (ana === undefined || ben === undefined) throw new Error("there are to be two pods");
  const outside = (address: string): Endpoint => ({ address });
  const metadata = ["169.254.169.254", "100.100.100.200", "168.63.129.16", "fd00:ec2::254"];
  const probe = (to: Endpoint): Probe => ({ from: ana, to, port: 80, protocol: "TCP" });
  const probes = [ben, ...metadata.map(outside), outside("1.1.1.1")].map(probe);
  const kept = (await policiesThere()).map((one) => ({
    apiVersion: "networking.k8s.io/v1",
    kind: "NetworkPolicy",
    ...one,
  }));
  expect(analyse(kept, probes)).toEqual([false, false, false, false, false, true]);
  await stopAll(pair);
});

async function endpoints(): Promise<readonly Endpoint[]> {
  type PodThere = { metadata: { labels: Record<string, string> }; status: { podIP: string } };
  const { namespace } = physics;
  const { items }: { items?: readonly PodThere[] } = await it.api.get(`/api/v1/namespaces/${namespace}/pods`);
  return (items ?? []).map(({ metadata, status }) => ({
    address: status.podIP,
    pod: { namespace, labels: metadata.labels },
  }));
}
