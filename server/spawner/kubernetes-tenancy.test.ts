import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { PodSecurityLevel } from "#k8s/namespace.ts";
import { orderFor, type SpawnerUnderTest, startSpawnerUnderTest } from "#tests/fakes/kubernetes-spawner.ts";
import type { SpawnOrder } from "./spawner.ts";
import type { Tenancy, TenancyLook } from "./tenancy.ts";

const never = new AbortController().signal;
const namespace = "berth-physics";
const quota = { servers: 8, cpuLimitMillicores: 16_000, memoryLimitBytes: 32 * 2 ** 30, gpus: 2, homes: 10 };
const tenancy: Tenancy = { namespace, groupId: "group-physics", userId: null, quota, sharedVolume: null };
const many = {
  scope: { kind: "cluster" } as const,
  makeNamespaces: "restricted" as PodSecurityLevel,
  pullSecrets: { names: ["registry-login"], from: "berth" },
};

function order(of: Tenancy = tenancy): SpawnOrder {
  const wanted = orderFor();
  return { ...wanted, ref: { ...wanted.ref, namespace: of.namespace }, tenancy: of };
}

let it: SpawnerUnderTest;

async function prepare(of: Tenancy = tenancy): Promise<TenancyLook> {
  const look = await it.spawner.prepareNamespace?.(of);
  if (look === undefined) throw new Error("this backend prepares no namespaces");
  return look;
}

const names = (plural: string, where = namespace) =>
  it.api.store.list(plural, where).map(({ metadata }) => metadata.name);
const object = (plural: string, name: string, where: string | null = namespace) => {
  const found = it.api.store.get(plural, where, name);
  if (found === undefined) throw new Error(`there is no ${plural} ${name}`);
  return found;
};
const kinds = ["rolebindings", "limitranges", "resourcequotas", "networkpolicies", "secrets", "serviceaccounts"];
const pieces = () => kinds.flatMap((kind) => names(kind).map((name) => `${kind} ${name}`));

beforeEach(async () => {
  it = await startSpawnerUnderTest({ settings: many });
  it.api.store.create("secrets", "berth", {
    metadata: { name: "registry-login" },
    type: "kubernetes.io/dockerconfigjson",
    data: { ".dockerconfigjson": "e30=" },
  } as { metadata: { name: string } });
});
afterEach(() => it.stop());

const whole = () => [
  "rolebindings berth-hub",
  "limitranges berth-defaults",
  "resourcequotas berth-group",
  "networkpolicies berth-default-deny",
  `networkpolicies berth-servers-${it.installationId}`,
  "secrets registry-login",
  "serviceaccounts default",
];

describe("a namespace of servers", () => {
  test("S-71: is whole before the first pod: quota, defaults, default deny, account without token, binding, pull secret, security labels", async () => {
    expect(await it.spawner.start(order(), never)).toMatchObject({ kind: "started" });
    expect(
      pieces()
        .filter((piece) => !piece.startsWith("secrets jupyter"))
        .sort(),
    ).toEqual(whole().sort());
    const pod = it.api.requests.findIndex(({ verb, resource }) => verb === "create" && resource === "pods");
    const lastPiece = it.api.requests.findLastIndex(
      ({ verb, plural }) =>
        verb === "create" && plural !== "pods" && plural !== "persistentvolumeclaims" && plural !== "secrets",
    );
    expect(lastPiece).toBeLessThan(pod);
    expect(object("namespaces", namespace, null).metadata.labels).toEqual({
      "app.kubernetes.io/managed-by": "berth",
      "berth.dev/installation": it.installationId,
      "berth.dev/group": "group-physics",
      "pod-security.kubernetes.io/enforce": "restricted",
      "pod-security.kubernetes.io/warn": "restricted",
      "pod-security.kubernetes.io/audit": "restricted",
    });
    expect(object("serviceaccounts", "default")).toMatchObject({ automountServiceAccountToken: false });
    expect(object("rolebindings", "berth-hub")).toMatchObject({
      roleRef: { kind: "ClusterRole", name: "berth-hub" },
      subjects: [{ kind: "ServiceAccount", namespace: "berth", name: "hub" }],
    });
    expect(object("resourcequotas", "berth-group").spec).toEqual({
      hard: {
        pods: "8",
        "limits.cpu": "16",
        "limits.memory": "32Gi",
        "requests.nvidia.com/gpu": "2",
        persistentvolumeclaims: "10",
      },
    });
    expect(object("secrets", "registry-login")).toMatchObject({ data: { ".dockerconfigjson": "e30=" } });
  });

  test("is new once: nothing of it counts as missing, and a second look changes nothing", async () => {
    expect(await prepare()).toEqual({ isNew: true, mended: [], lacking: [], outcome: { kind: "whole" } });
    const { version } = it.api.store;
    expect(await prepare()).toEqual({ isNew: false, mended: [], lacking: [], outcome: { kind: "whole" } });
    expect(it.api.store.version).toBe(version);
  });

  test("costs a start nothing more within a minute, unless what it must hold changed", async () => {
    await it.spawner.start(order(), never);
    const before = it.api.requests.length;
    await it.spawner.start(order(), never);
    expect(it.api.requests.slice(before).filter(({ plural }) => kinds.slice(0, 4).includes(plural))).toEqual([]);
    await it.spawner.start(order({ ...tenancy, quota: { ...quota, servers: 9 } }), never);
    expect(object("resourcequotas", "berth-group").spec).toMatchObject({ hard: { pods: "9" } });
  });

  test.each(["rolebindings", "limitranges", "resourcequotas", "networkpolicies", "secrets"])(
    "%s that somebody deletes are put back by the next look, which says so",
    async (plural) => {
      await prepare();
      const taken = it.api.store.list(plural, namespace);
      for (const one of taken) it.api.store.remove(plural, one);
      const { mended, outcome } = await prepare();
      expect(mended.map((piece) => piece.split("/")[1]).sort()).toEqual(
        taken.map(({ metadata }) => metadata.name).sort(),
      );
      expect(outcome).toEqual({ kind: "whole" });
      expect(pieces().sort()).toEqual(whole().sort());
    },
  );

  test("what somebody opened is closed again, and said: a policy, the account's token, the security labels", async () => {
    await prepare();
    const deny = object("networkpolicies", "berth-default-deny");
    it.api.store.update("networkpolicies", { ...deny, spec: { ...(deny.spec as object), ingress: [{}] } });
    it.api.store.update("serviceaccounts", {
      ...object("serviceaccounts", "default"),
      automountServiceAccountToken: true,
    });
    const own = object("namespaces", namespace, null);
    const labels = { ...own.metadata.labels, "pod-security.kubernetes.io/enforce": "privileged" };
    it.api.store.update("namespaces", { ...own, metadata: { ...own.metadata, labels } });
    expect([...(await prepare()).mended].sort()).toEqual([
      "Namespace/pod-security labels",
      "NetworkPolicy/berth-default-deny",
      "ServiceAccount/default",
    ]);
    expect((await prepare()).mended).toEqual([]);
  });

  test("a policy of another configuration is replaced, and isn't called missing", async () => {
    await prepare();
    const name = `berth-servers-${it.installationId}`;
    const before = object("networkpolicies", name);
    const annotations = { "berth.dev/written": "an earlier one" };
    it.api.store.update("networkpolicies", { ...before, metadata: { ...before.metadata, annotations }, spec: {} });
    expect((await prepare()).mended).toEqual([]);
    expect(object("networkpolicies", name).spec).toEqual(before.spec);
  });

  test("another quota is a manager's wish, not a missing piece; one below what is used stops nothing", async () => {
    await it.spawner.start(order(), never);
    const look = await prepare({ ...tenancy, quota: { servers: 0 } });
    expect(look).toEqual({ isNew: false, mended: [], lacking: [], outcome: { kind: "whole" } });
    expect(object("resourcequotas", "berth-group").spec).toEqual({ hard: { pods: "0" } });
    expect(names("pods")).toHaveLength(1);
    await prepare({ ...tenancy, quota: {} });
    expect(object("resourcequotas", "berth-group").spec).toEqual({ hard: {} });
  });

  test("a start waits until the cluster has counted the quota, and is never told of it", async () => {
    it.api.resources.countsQuotas = false;
    expect(await it.spawner.start(order(), never)).toEqual({
      kind: "retry",
      afterMs: 250,
      because: "The space for your server is being prepared.",
    });
    expect(names("pods")).toEqual([]);
    it.api.resources.countQuotas();
    expect(await it.spawner.start(order(), never)).toMatchObject({ kind: "started" });
  });

  test("a right that was just given and isn't known everywhere yet is waited for; one that stays away is an admin's matter", async () => {
    it.api.faults.add({ verb: "get", resource: "limitranges" }, { kind: "answer", status: 403, reason: "Forbidden" });
    expect((await prepare()).outcome).toMatchObject({ kind: "retry" });
    it.api.faults.add({ verb: "get", resource: "limitranges" }, { kind: "answer", status: 403, reason: "Forbidden" });
    expect((await prepare()).outcome).toMatchObject({ kind: "retry" });
    expect((await prepare()).outcome).toEqual({ kind: "whole" });
    const binding = object("rolebindings", "berth-hub");
    const creationTimestamp = new Date(Date.now() - 60_000).toISOString();
    it.api.store.update("rolebindings", { ...binding, metadata: { ...binding.metadata, creationTimestamp } });
    it.api.faults.add({ verb: "get", resource: "limitranges" }, { kind: "answer", status: 403, reason: "Forbidden" });
    const look = await prepare();
    expect(look.lacking).toEqual([expect.stringMatching(/^LimitRange\/berth-defaults: 403/)]);
    expect(look.outcome).toMatchObject({ kind: "refused" });
  });

  test("R-03: a hub killed before or after any call leaves a namespace that the next look completes", async () => {
    let killed = 0;
    for (let point = 0; ; point++) {
      const at = { ...tenancy, namespace: `berth-killed-${point}` };
      let left = point;
      const around = async <T>(_call: unknown, work: () => Promise<T>): Promise<T> => {
        if (left-- === 0) throw new Error("killed before");
        const done = await work();
        if (left-- === 0) throw new Error("killed after");
        return done;
      };
      const dying = await it.another({ around });
      const died = await dying.prepareNamespace?.(at).then(
        () => false,
        () => true,
      );
      if (died) killed++;
      expect((await prepare(at)).outcome).toEqual({ kind: "whole" });
      expect(kinds.flatMap((kind) => names(kind, at.namespace)).length).toBe(whole().length);
      if (!died) break;
    }
    expect(killed).toBeGreaterThan(20);
  });

  test("two hubs at once make it once", async () => {
    const other = await it.another();
    const both = await Promise.all([prepare(), other.prepareNamespace?.(tenancy)]);
    for (const look of both) expect(look?.outcome.kind).not.toBe("refused");
    expect((await prepare()).outcome).toEqual({ kind: "whole" });
    expect(pieces().sort()).toEqual(whole().sort());
  });

  test("a secret that isn't one for pulling images is never carried there, and the start says to ask an admin", async () => {
    const login = object("secrets", "registry-login", "berth");
    it.api.store.update("secrets", { ...login, type: "Opaque" });
    const look = await prepare();
    expect(look.lacking).toEqual([
      "Secret/registry-login: the secret berth/registry-login isn't one for pulling images",
    ]);
    expect(names("secrets")).toEqual([]);
    expect(await it.spawner.start(order(), never)).toMatchObject({
      kind: "refused",
      failure: { publicMessage: expect.stringContaining("administrator") },
    });
  });

  test("new credentials for the registry reach every namespace", async () => {
    await prepare();
    const login = object("secrets", "registry-login", "berth");
    it.api.store.update("secrets", { ...login, data: { ".dockerconfigjson": "bmV3" } });
    await prepare();
    expect(object("secrets", "registry-login")).toMatchObject({ data: { ".dockerconfigjson": "bmV3" } });
  });
});

describe("S-74: a namespace that Berth didn't make", () => {
  const theirs = (labels: Record<string, string> = {}) =>
    it.api.store.create("namespaces", null, { metadata: { name: namespace, labels } as { name: string } });
  const labelsNow = () => object("namespaces", namespace, null).metadata.labels;

  test("is refused, and nothing is put into it", async () => {
    theirs({ team: "other" });
    expect(await it.spawner.start(order(), never)).toMatchObject({
      kind: "refused",
      failure: { reason: "conflict", detail: expect.stringContaining("wasn't made by Berth") },
    });
    expect(pieces()).toEqual([]);
    expect(labelsNow()).toEqual({ team: "other" });
  });

  test("is used for servers where the configuration says so; its account, labels, quota and other pods are left alone", async () => {
    await it.stop();
    it = await startSpawnerUnderTest({
      settings: { ...many, pullSecrets: { names: [], from: null }, useExistingNamespaces: true },
    });
    theirs({ team: "other" });
    expect(await it.spawner.start(order(), never)).toMatchObject({ kind: "started" });
    expect(pieces().filter((piece) => !piece.startsWith("secrets"))).toEqual([
      "rolebindings berth-hub",
      `networkpolicies berth-servers-${it.installationId}`,
    ]);
    expect(labelsNow()).toEqual({ team: "other" });
  });

  test("R-10: one of another Berth in the same cluster is never used", async () => {
    await it.stop();
    it = await startSpawnerUnderTest({ settings: { ...many, useExistingNamespaces: true } });
    theirs({ "app.kubernetes.io/managed-by": "berth", "berth.dev/installation": "another" });
    expect((await prepare()).outcome).toMatchObject({
      kind: "refused",
      failure: { detail: expect.stringContaining("another installation") },
    });
    expect(pieces()).toEqual([]);
  });

  test("is never deleted, nor is one that Berth made: no request for it exists", async () => {
    await it.spawner.start(order(), never);
    await it.spawner.stop(order().ref, never);
    expect(it.api.requests.filter(({ verb, plural }) => verb === "delete" && plural === "namespaces")).toEqual([]);
  });
});

describe("a group's shared volume", () => {
  const sharedVolume = {
    groupId: "group-physics",
    claimName: "berth-shared-1",
    capacityBytes: 2 ** 30,
    storageClass: "nfs",
  };

  test("is a claim that many machines may mount, beside the group's homes in the quota", async () => {
    await prepare({ ...tenancy, quota: { homes: 10, storageBytes: 10 * 2 ** 30 }, sharedVolume });
    expect(object("persistentvolumeclaims", "berth-shared-1")).toMatchObject({
      metadata: { labels: { "berth.dev/shared-for": "group-physics" } },
      spec: { accessModes: ["ReadWriteMany"], storageClassName: "nfs", resources: { requests: { storage: "1Gi" } } },
    });
    expect(object("resourcequotas", "berth-group").spec).toEqual({
      hard: { persistentvolumeclaims: "11", "requests.storage": "11Gi" },
    });
  });

  test("is the one an admin made under its name, as it is", async () => {
    await prepare();
    it.api.store.create("persistentvolumeclaims", namespace, { metadata: { name: "berth-shared-1" } });
    expect((await prepare({ ...tenancy, sharedVolume })).outcome).toEqual({ kind: "whole" });
    expect(object("persistentvolumeclaims", "berth-shared-1").spec).toBeUndefined();
  });
});
