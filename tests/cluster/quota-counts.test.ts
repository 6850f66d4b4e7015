import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { findGroup } from "#db/groups.ts";
import { usedOfGroup } from "#db/reservations.ts";
import { parseCpuMillicores, parseKubernetesBytes } from "#k8s/quantity.ts";
import { isHubError } from "#server/errors.ts";
import { createGroup } from "#server/groups/create.ts";
import type { Hub } from "#server/hub.ts";
import { setQuota } from "#server/quotas/set-quota.ts";
import { restartServer } from "#server/servers/restart.ts";
import { startServer } from "#server/servers/start.ts";
import { stopServer } from "#server/servers/stop.ts";
import { createInstallation, type Installation, listed, testImage } from "./installation.ts";
import { Person } from "./person.ts";
import { waitFor } from "./processes.ts";

const members = ["ana", "ben", "cleo"];
const groups = ["physics", "chemistry"];
const gpu = "amd.com/gpu";
/** Every amount a quota knows; the storm's is what binds it. */
const wide = {
  ...{ servers: 20, homes: 20, gpus: 2, storage: "100Gi" },
  ...{ cpuLimit: 40, cpuRequest: 40, memoryLimit: "40Gi", memoryRequest: "40Gi" },
};
const tight = { ...wide, servers: 3, cpuLimit: 2.5, memoryLimit: "900Mi" };

const step = (more: object = {}) => ({
  ...{ name: "step", image: testImage, imagePullPolicy: "IfNotPresent", command: ["true"] },
  ...more,
});
const beside = (more: object = {}) => ({ ...step(), command: ["sleep", "infinity"], ...more });
const resources = (cpu: string, memory: string) => ({ resources: { limits: { cpu, memory } } });
const profiles: Readonly<Record<string, object>> = {
  plain: {},
  "init that says nothing": { init_containers: [step()] },
  "init larger than the server": { init_containers: [step(resources("1500m", "512Mi"))] },
  "sidecar that says nothing": { extra_containers: [beside()] },
  "sidecar with limits": { extra_containers: [beside(resources("250m", "64Mi"))] },
  priority: { priority_class_name: "berth-test-users" },
  gpu: { extra_resource_limits: { [gpu]: "1" } },
};

let it: Installation;
let hubs: readonly [Hub, Hub];
const ctx = (hub = hubs[0]) => hub.systemContext("test");
const slugOf = (profile: string) => profile.replaceAll(" ", "-");
const inGroup = (group: string): Installation => ({ ...it, namespace: `${it.namespace}-${group}` });
const person = (name: string, group: string, server = "") => new Person(inGroup(group), hubs[0], name, server);

beforeAll(async () => {
  it = await createInstallation(inject("kubeconfig"), {
    tenancies: true,
    kubernetes: { namespaceTemplate: "{hubnamespace}-{group}" },
    singleuser: {
      profileList: Object.entries(profiles).map(([display_name, kubespawner_override]) => ({
        ...{ display_name, slug: slugOf(display_name), kubespawner_override },
      })),
    },
  });
  await it.api.apply("/apis/scheduling.k8s.io/v1/priorityclasses/berth-test-users", {
    apiVersion: "scheduling.k8s.io/v1",
    kind: "PriorityClass",
    metadata: { name: "berth-test-users" },
    value: 1,
    preemptionPolicy: "Never",
  });
  await cardsOnTheNode({ [gpu]: "2" });
  hubs = [await it.hub(), await it.hub()];
  for (const name of members) await Person.create(it, hubs[0], name);
  for (const group of groups) {
    await createGroup(ctx(), { name: group, users: members });
    await setQuota(ctx(), { group, quota: wide });
  }
});
afterAll(async () => {
  await cardsOnTheNode({});
  await it.api.call("DELETE", "/apis/scheduling.k8s.io/v1/priorityclasses/berth-test-users");
  await it.remove();
});

/** As Kubernetes documents it for a resource no device plugin manages ("Advertise Extended Resources for a Node"). */
async function cardsOnTheNode(amounts: Readonly<Record<string, string>>): Promise<void> {
  const { items }: { items?: readonly { metadata: { name: string } }[] } = await it.api.get("/api/v1/nodes");
  for (const { metadata } of items ?? [])
    await it.api.apply(`/api/v1/nodes/${metadata.name}/status`, {
      apiVersion: "v1",
      kind: "Node",
      metadata: { name: metadata.name },
      status: { capacity: amounts, allocatable: amounts },
    });
}

type Counted = Record<"servers" | "gpus" | "cpuLimit" | "cpuRequest" | "memoryLimit" | "memoryRequest", number>;

/** What Kubernetes has counted against the group's ResourceQuota. */
async function countedByCluster(group: string, side: "used" | "hard" = "used"): Promise<Counted> {
  const path = `/api/v1/namespaces/${inGroup(group).namespace}/resourcequotas/berth-group`;
  const { status }: { status?: Partial<Record<"used" | "hard", Record<string, string>>> } = await it.api.get(path);
  const amounts = status?.[side] ?? {};
  const cpu = (key: string) => parseCpuMillicores(amounts[key] ?? "0");
  const memory = (key: string) => parseKubernetesBytes(amounts[key] ?? "0");
  return {
    servers: Number(amounts.pods),
    gpus: Number(amounts[`requests.${gpu}`]),
    cpuLimit: cpu("limits.cpu"),
    cpuRequest: cpu("requests.cpu"),
    memoryLimit: memory("limits.memory"),
    memoryRequest: memory("requests.memory"),
  };
}

/** What Berth has reserved. */
async function countedByBerth(group: string): Promise<Counted> {
  const found = await findGroup(hubs[0].db, group);
  const used = await usedOfGroup(hubs[0].db, found?.id ?? "");
  return {
    ...{ servers: used.servers, gpus: used.gpus },
    ...{ cpuLimit: used.cpuLimitMillicores, cpuRequest: used.cpuRequestMillicores },
    ...{ memoryLimit: used.memoryLimitBytes, memoryRequest: used.memoryRequestBytes },
  };
}

async function expectSameBooks(group: string): Promise<Counted> {
  let [berth, cluster] = [await countedByBerth(group), await countedByCluster(group)];
  await waitFor("the quota controller counts what is gone", 30, async () => {
    [berth, cluster] = [await countedByBerth(group), await countedByCluster(group)];
    return JSON.stringify(berth) === JSON.stringify(cluster);
  }).catch(() => undefined);
  expect(cluster).toEqual(berth);
  return berth;
}

describe("S-44: what Berth reserves is what the cluster counts", () => {
  test.each(Object.keys(profiles))("%s", async (profile) => {
    const ana = person("ana", "physics");
    await startServer(ctx(), { user: "ana", group: "physics", profile: slugOf(profile) });
    await ana.reaches("ready", 90);
    const counted = await expectSameBooks("physics");
    expect(counted).toMatchObject({ servers: 1, gpus: profile === "gpu" ? 1 : 0 });
    expect(counted.cpuLimit).toBeGreaterThan(0);
    await ana.stop();
    await ana.reaches("stopped");
    expect(await expectSameBooks("physics")).toMatchObject({ servers: 0, cpuLimit: 0, memoryLimit: 0 });
  });

  test("with the namespace's LimitRange taken away in between", async () => {
    const { namespace } = inGroup("physics");
    expect((await it.api.call("DELETE", `/api/v1/namespaces/${namespace}/limitranges/berth-defaults`)).status).toBe(
      200,
    );
    await startServer(ctx(), { user: "ana", group: "physics", profile: slugOf("sidecar that says nothing") });
    await person("ana", "physics").reaches("ready", 90);
    await expectSameBooks("physics");
    await person("ana", "physics").stop();
    await person("ana", "physics").reaches("stopped");
  });

  test("the third graphics card of two is refused with the words of the quota", async () => {
    const start = (user: string) => startServer(ctx(), { user, group: "physics", profile: "gpu" });
    await start("ana");
    await start("ben");
    await expect(start("cleo")).rejects.toMatchObject({
      code: "limit-reached",
      publicMessage: expect.stringMatching(/^Group physics has used 2 of 2 GPUs: /),
    });
    for (const name of ["ana", "ben"]) await person(name, "physics").stop();
    for (const name of ["ana", "ben"]) await person(name, "physics").reaches("stopped");
  });
});

/** From a seed, so that a round that failed can be told. */
function dice(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    return Math.floor((state / 2 ** 31) * below);
  };
}

/** One member's clicks, one after the other, at both hubs: starts in either group with any profile, restarts, stops. */
async function clicks(
  user: string,
  name: string,
  seed: number,
  end: number,
): Promise<{ won: number; refused: number }> {
  const below = dice(seed);
  const pick = <T>(from: readonly T[]): T => from[below(from.length)] as T;
  const tally = { won: 0, refused: 0 };
  while (performance.now() < end) {
    const at = ctx(pick(hubs));
    const act = pick([
      () => startServer(at, { user, name, group: pick(groups), profile: slugOf(pick(Object.keys(profiles))) }),
      () => startServer(at, { user, name, group: pick(groups), profile: slugOf(pick(Object.keys(profiles))) }),
      () => restartServer(at, { user, name }),
      () => stopServer(at, { user, name }),
    ]);
    try {
      await act();
      tally.won += 1;
    } catch (error) {
      if (!isHubError(error) || !["limit-reached", "conflict", "not-found"].includes(error.code)) throw error;
      if (error.code === "limit-reached") tally.refused += 1;
    }
    await new Promise((resolve) => setTimeout(resolve, 50 + below(400)));
  }
  return tally;
}

test("S-44: starts, restarts and stops of several servers in two groups over two hubs: at no moment more than the quota, and the cluster never has to refuse", async () => {
  for (const group of groups) await setQuota(ctx(), { group, quota: tight });
  // A group's namespace is made with its first server.
  await startServer(ctx(), { user: "ana", name: "two", group: "chemistry" });
  await person("ana", "chemistry", "two").reaches("ready");
  await waitFor("the cluster knows", 20, async () => {
    const found = await Promise.all(groups.map((group) => countedByCluster(group, "hard")));
    return found.every(({ servers, cpuLimit }) => servers === 3 && cpuLimit === 2500);
  });
  const end = performance.now() + 20_000;
  let most: Counted = await countedByCluster("physics");
  const watching = (async () => {
    while (performance.now() < end)
      for (const group of groups) {
        const [berth, cluster] = [await countedByBerth(group), await countedByCluster(group)];
        for (const { servers, cpuLimit, memoryLimit, gpus } of [berth, cluster]) {
          expect(servers).toBeLessThanOrEqual(3);
          expect(cpuLimit).toBeLessThanOrEqual(2500);
          expect(memoryLimit).toBeLessThanOrEqual(900 * 2 ** 20);
          expect(gpus).toBeLessThanOrEqual(2);
          if (cpuLimit > most.cpuLimit) most = { ...most, cpuLimit };
        }
      }
  })();
  const pairs = members.flatMap((user) => ["", "two"].map((name) => ({ user, name })));
  const tallies = await Promise.all(pairs.map(({ user, name }, seed) => clicks(user, name, seed + 1, end)));
  await watching;
  const sum = (key: "won" | "refused") => tallies.reduce((total, tally) => total + tally[key], 0);
  console.info(`S-44: ${sum("won")} wishes, ${sum("refused")} refused, at most ${most.cpuLimit} of 2500 m`);
  expect(sum("refused")).toBeGreaterThan(0);
  expect(most.cpuLimit).toBeGreaterThan(1500);
  for (const { user, name } of pairs) {
    const one = person(user, "physics", name);
    const { failure } = await one.row();
    expect(failure).toBeNull();
    await one.stop();
    await one.reaches("stopped", 90);
  }
  for (const group of groups) {
    expect(await expectSameBooks(group)).toMatchObject({ servers: 0, cpuLimit: 0 });
    expect(await listed(inGroup(group), "pods")).toEqual([]);
  }
});
