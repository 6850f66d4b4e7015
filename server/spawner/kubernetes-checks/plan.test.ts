import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { usualRules } from "#k8s/network-policy.ts";
import { ordinaryAccount } from "#tests/fakes/kube-api-resources.ts";
import {
  orderFor,
  type SpawnerUnderTest,
  simplestSpec,
  startSpawnerUnderTest,
} from "#tests/fakes/kubernetes-spawner.ts";
import type { HealthCheck, ServersPlan } from "../spawner.ts";

const never = new AbortController().signal;
const plan: ServersPlan = {
  example: orderFor({ serverId: "berth-doctor", name: "berth-doctor" }),
  specs: [simplestSpec],
  namespaces: [],
  hubApiUrl: "http://10.96.0.7:8081/hub/api",
};
let it: SpawnerUnderTest;

beforeAll(async () => {
  it = await startSpawnerUnderTest();
  const annotations = { "storageclass.kubernetes.io/is-default-class": "true" };
  it.api.store.create("storageclasses", null, { metadata: { name: "fast", annotations } as { name: string } });
});
afterAll(async () => await it.stop());

async function checks(): Promise<Map<string, HealthCheck>> {
  return new Map((await it.spawner.health(plan)).checks.map((check) => [check.name, check]));
}

describe("the checks of what people may start", () => {
  test("all well: every check has a name of its own, and nothing that was tried is left", async () => {
    const { ok, checks: all } = await it.spawner.health(plan);
    expect(all.filter((check) => !check.ok)).toEqual([]);
    expect(ok).toBe(true);
    expect(new Set(all.map(({ name }) => name)).size).toBe(all.length);
    expect(all.map(({ name }) => name)).toEqual(
      expect.arrayContaining(["Default profile", "Images on machines", "Hub's address", "Names (DNS)"]),
    );
    expect([it.api.pods.all(), it.api.store.list("persistentvolumeclaims", null)]).toEqual([[], []]);
  });

  test("a quota that leaves no room is found by the dry run, without a right to see quotas", async () => {
    it.api.resources.podQuota = 0;
    expect((await checks()).get("Default profile")).toMatchObject({
      ok: false,
      message: expect.stringContaining("exceeded quota: servers"),
    });
    it.api.resources.podQuota = null;
  });

  test("nodes that Berth may not list are no fault", async () => {
    it.api.faults.add({ resource: "nodes" }, { kind: "answer", status: 403, reason: "Forbidden" });
    expect((await checks()).get("Images on machines")).toMatchObject({
      ok: true,
      message: expect.stringMatching(/^Not checked: Berth's role may not list nodes/),
    });
  });

  test("an image that can't be pulled, and a home that stays without a volume, are found by the server that waits", async () => {
    await it.spawner.start(orderFor(), never);
    it.api.pods.setWaiting("jupyter-ana", "ImagePullBackOff", "manifest unknown");
    const [claim] = it.api.store.list("persistentvolumeclaims", "berth");
    if (claim === undefined) throw new Error("no claim was made");
    const metadata = { ...claim.metadata, creationTimestamp: "2020-01-01T00:00:00Z" };
    it.api.store.update("persistentvolumeclaims", { ...claim, metadata, status: { phase: "Pending" } });
    const found = await checks();
    expect(found.get("Image pulls")).toMatchObject({ ok: false, message: expect.stringContaining("manifest unknown") });
    expect(found.get("Storage")).toMatchObject({ ok: false, message: expect.stringContaining("1 of their homes") });
  });

  test("a server that was started with another address of the hub is found", async () => {
    const order = orderFor({ name: "ben", serverId: "server-ben" });
    await it.spawner.start({ ...order, environment: { JUPYTERHUB_API_URL: "http://10.96.0.1:8081/hub/api" } }, never);
    it.api.pods.setRunning("jupyter-ben", "10.1.2.3");
    expect((await checks()).get("Hub's address")).toMatchObject({
      ok: false,
      message: expect.stringContaining("http://10.96.0.1:8081/hub/api instead"),
    });
  });

  test("an account that may do everything, an old cluster and a clock that is off are each said", async () => {
    const { resources } = it.api;
    resources.allowed = () => true;
    resources.gitVersion = "v1.22.0";
    resources.clockAheadMs = 60_000;
    const found = await checks();
    for (const name of ["Kubernetes account", "Kubernetes API", "Kubernetes clock"])
      expect(found.get(name)?.ok, name).toBe(false);
    resources.allowed = ordinaryAccount;
  });

  test("isolation that the configuration switches off is said as a fault", async () => {
    const open = await startSpawnerUnderTest({
      settings: {
        isolation: { mayEnter: { pods: [], blocks: [] }, hubApi: null, rules: { ...usualRules, enabled: false } },
      },
    });
    const policy = (await open.spawner.health()).checks.find(({ name }) => name === "Network policy");
    expect(policy).toMatchObject({ ok: false, message: expect.stringContaining("networkPolicy.enabled is false") });
    await open.stop();
  });
});
