import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { isolationPolicyName } from "#k8s/network-policy.ts";
import {
  orderFor,
  type SpawnerUnderTest,
  simplestSpec,
  startSpawnerUnderTest,
} from "#tests/fakes/kubernetes-spawner.ts";
import type { StartOutcome } from "./spawner.ts";

const never = new AbortController().signal;

describe("starting a pod", () => {
  let it: SpawnerUnderTest;

  beforeEach(async () => {
    it = await startSpawnerUnderTest();
  });
  afterEach(async () => {
    await it.stop();
  });

  const pods = () => it.api.pods.all();
  const secrets = () => it.api.store.list("secrets", "berth");
  const claims = () => it.api.store.list("persistentvolumeclaims", "berth");
  const failureOf = (outcome: StartOutcome) => (outcome.kind === "refused" ? outcome.failure : undefined);

  test("S-71: the policy that closes servers is there before the first pod", async () => {
    await it.spawner.start(orderFor(), never);
    expect(it.api.writesAndReads()).toEqual([
      "get networkpolicies",
      "create networkpolicies",
      "create persistentvolumeclaims",
      "create pods",
      "create secrets",
    ]);
    const policy = it.api.store.get("networkpolicies", "berth", isolationPolicyName(it.installationId));
    expect(policy?.spec).toMatchObject({ policyTypes: ["Ingress", "Egress"] });
  });

  test("files get a Secret even where the program takes no secret of its own", async () => {
    const files = [{ path: "/etc/a", mode: 0o644, content: Buffer.from("{}") }];
    const app = { ...simplestSpec.app, secretVariable: null };
    await it.spawner.start({ ...orderFor({ spec: { app } }), files }, never);
    expect(secrets().map(({ data }) => Object.values(data ?? {}))).toEqual([[expect.any(String), "e30="]]);
  });

  test("S-71: no policy, no pod", async () => {
    it.api.faults.add({ resource: "networkpolicies" }, { kind: "answer", status: 403, reason: "Forbidden" }, 9);
    expect((await it.spawner.start(orderFor(), never)).kind).toBe("refused");
    expect(pods()).toEqual([]);
  });

  test("S-71: a policy somebody changed is put right within a minute of starts", async () => {
    await it.spawner.start(orderFor(), never);
    const name = isolationPolicyName(it.installationId);
    const policy = it.api.store.get("networkpolicies", "berth", name);
    if (policy === undefined) throw new Error("no policy");
    it.api.store.update("networkpolicies", {
      ...policy,
      spec: { podSelector: {}, ingress: [{}], policyTypes: ["Ingress"] },
    });
    await (await it.another()).start(orderFor({ serverId: "two", name: "ben" }), never);
    expect(it.api.store.get("networkpolicies", "berth", name)?.spec).toEqual(policy.spec);
  });

  test("a start and a stop with the home in place cost at most four requests", async () => {
    const watching = it.watch();
    const first = await it.spawner.start(orderFor(), never);
    const homeUid = first.kind === "started" ? first.homeUid : null;
    it.api.pods.kill("jupyter-ana");
    await watching.until("absent");
    it.api.requests.length = 0;
    const order = orderFor({ generation: 2, home: { claimUid: homeUid, usedBefore: true } });
    expect(await it.spawner.start(order, never)).toEqual({ kind: "started", homeUid });
    it.api.pods.setRunning("jupyter-ana", "127.0.0.1");
    const running = await watching.until("running");
    it.api.pods.slowToEnd = true;
    const ref = { ...order.ref, runId: running.kind === "running" ? running.runId : null };
    // The reconciler asks at every change and every second while a pod ends.
    expect((await it.spawner.stop(ref, never)).kind).toBe("stopping");
    await watching.until("stopping");
    expect((await it.spawner.stop(ref, never)).kind).toBe("stopping");
    it.api.pods.finishDeleting("jupyter-ana");
    await watching.until("absent");
    expect(it.api.writesAndReads()).toEqual(["create pods", "create secrets", "delete pods"]);
  });

  test("200 starts at once cost three requests each, and share their connections", async () => {
    const orders = Array.from({ length: 200 }, (_, index) => orderFor({ serverId: `s${index}`, name: `u${index}` }));
    const outcomes = await Promise.all(orders.map((order) => it.spawner.start(order, never)));
    expect(outcomes.every(({ kind }) => kind === "started")).toBe(true);
    expect(it.api.requests).toHaveLength(3 * 200 + 2);
    expect(it.api.connections()).toBeLessThanOrEqual(16);
  });

  test("R-01: two hubs that start one server at once, 200 times, make one pod, one secret and one claim each time", async () => {
    const other = await it.another();
    for (let round = 1; round <= 200; round++) {
      const order = orderFor({ serverId: `s${round}`, name: `u${round}` });
      const outcomes = await Promise.all([it.spawner.start(order, never), other.start(order, never)]);
      expect(outcomes.map(({ kind }) => kind)).toEqual(["started", "started"]);
    }
    expect([pods().length, secrets().length, claims().length]).toEqual([200, 200, 200]);
    const podUids = new Set(pods().map(({ metadata }) => metadata.uid));
    for (const { metadata } of secrets()) expect(podUids).toContain(metadata.ownerReferences?.[0]?.uid);
  });

  test.each(["applied-but", "applied-but-reset"] as const)(
    "F-10: a create whose answer was lost (%s) is found by its name; one pod",
    async (kind) => {
      for (const resource of ["persistentvolumeclaims", "pods", "secrets"]) {
        it.api.faults.add(
          { verb: "create", resource },
          kind === "applied-but" ? { kind, status: 504, reason: "Timeout" } : { kind },
        );
      }
      expect((await it.spawner.start(orderFor(), never)).kind).toBe("started");
      expect([pods().length, secrets().length, claims().length]).toEqual([1, 1, 1]);
    },
  );

  test.each(["persistentvolumeclaims", "pods", "secrets"])(
    "F-10: a create (%s) that was lost before it was carried out is tried again later, not failed",
    async (resource) => {
      it.api.faults.add({ verb: "create", resource }, { kind: "reset" });
      expect(await it.spawner.start(orderFor(), never)).toMatchObject({ kind: "retry" });
      expect((await it.spawner.start(orderFor(), never)).kind).toBe("started");
      expect([pods().length, secrets().length, claims().length]).toEqual([1, 1, 1]);
    },
  );

  test("F-01: a start that was cut off after its pod goes on with that pod, and gives it its secret", async () => {
    it.api.faults.add({ verb: "create", resource: "secrets" }, { kind: "reset" });
    expect((await it.spawner.start(orderFor(), never)).kind).toBe("retry");
    const before = pods()[0]?.metadata.uid;
    expect((await (await it.another()).start(orderFor(), never)).kind).toBe("started");
    expect(pods().map(({ metadata }) => metadata.uid)).toEqual([before]);
    expect(secrets()[0]?.metadata.ownerReferences?.[0]?.uid).toBe(before);
  });

  test("F-21: a quota that is used up refuses the start in a sentence, and leaves no pod and no secret", async () => {
    it.api.resources.podQuota = 0;
    const failure = failureOf(await it.spawner.start(orderFor(), never));
    expect(failure).toMatchObject({ reason: "quota", publicMessage: expect.stringContaining("0 of 0 servers in use") });
    expect([pods().length, secrets().length]).toEqual([0, 0]);
  });

  test("F-09: a pod of somebody else under the name is left alone, and named for the admin", async () => {
    it.api.store.create("pods", "berth", { metadata: { name: "jupyter-ana" } });
    const failure = failureOf(await it.spawner.start(orderFor(), never));
    expect(failure).toMatchObject({ reason: "conflict" });
    expect(failure?.detail).toContain("berth/jupyter-ana");
    expect(it.api.writesAndReads()).not.toContain("delete pods");
  });

  test("F-09: a pod of another installation, or of another server of ours, is never adopted", async () => {
    await it.spawner.start(orderFor({ serverId: "another" }), never);
    expect(failureOf(await it.spawner.start(orderFor(), never))?.reason).toBe("conflict");
    const pod = it.api.pods.named("jupyter-ana");
    const labels = { ...pod.metadata.labels, "berth.dev/server": "server-ana", "berth.dev/installation": "other" };
    it.api.store.update("pods", { ...pod, metadata: { ...pod.metadata, labels } });
    expect(failureOf(await it.spawner.start(orderFor(), never))?.reason).toBe("conflict");
    expect(pods()).toHaveLength(1);
  });

  test("a pod of an older start is removed first, by its UID, and only once", async () => {
    it.api.pods.slowToEnd = true;
    await it.spawner.start(orderFor({ generation: 1 }), never);
    expect((await it.spawner.start(orderFor({ generation: 2 }), never)).kind).toBe("retry");
    expect((await it.spawner.start(orderFor({ generation: 2 }), never)).kind).toBe("retry");
    expect(it.api.writesAndReads().filter((call) => call === "delete pods")).toHaveLength(1);
    it.api.pods.finishDeleting("jupyter-ana");
    expect((await it.spawner.start(orderFor({ generation: 2 }), never)).kind).toBe("started");
    expect(pods()[0]?.metadata.labels?.["berth.dev/generation"]).toBe("2");
  });

  test("a secret another pod left under the name is replaced, and belongs to the pod that runs", async () => {
    await it.spawner.start(orderFor(), never);
    const [leftover] = secrets();
    it.api.pods.kill("jupyter-ana");
    if (leftover === undefined) throw new Error("no secret");
    it.api.store.create("secrets", "berth", leftover);
    expect((await it.spawner.start(orderFor(), never)).kind).toBe("started");
    expect(secrets().map(({ metadata }) => metadata.ownerReferences?.[0]?.uid)).toEqual([pods()[0]?.metadata.uid]);
  });

  test("an app that takes no secret costs no request for one", async () => {
    const { spec } = orderFor();
    await it.spawner.start(orderFor({ spec: { app: { ...spec.app, secretVariable: null } } }), never);
    expect(it.api.writesAndReads()).not.toContain("create secrets");
  });

  test("a namespace that doesn't exist is made where Berth makes them, closed before its first pod", async () => {
    const made = await startSpawnerUnderTest({
      namespaces: [],
      settings: { scope: { kind: "cluster" }, makeNamespaces: "restricted" },
    });
    expect((await made.spawner.start(orderFor(), never)).kind).toBe("started");
    const labels = made.api.store.get("namespaces", null, "berth")?.metadata.labels;
    expect(labels?.["pod-security.kubernetes.io/enforce"]).toBe("restricted");
    await made.stop();
  });

  test("where Berth makes none, a namespace that doesn't exist is said to be missing", async () => {
    const bare = await startSpawnerUnderTest({ namespaces: [] });
    expect(failureOf(await bare.spawner.start(orderFor(), never))?.detail).toContain('namespaces "berth" not found');
    await bare.stop();
  });
});
