import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { parseAllDocuments } from "yaml";
import { findGroup } from "#db/groups.ts";
import { ownershipLabels } from "#k8s/labels.ts";
import { checkHub } from "#server/checks.ts";
import { addMembers } from "#server/groups/add-members.ts";
import { createGroup } from "#server/groups/create.ts";
import { setRole } from "#server/groups/set-role.ts";
import { setSharedVolume } from "#server/groups/set-shared-volume.ts";
import type { Hub } from "#server/hub.ts";
import { setQuota } from "#server/quotas/set-quota.ts";
import { startServer } from "#server/servers/start.ts";
import { sharedClaimName } from "#server/tenancies/shared-volume.ts";
import { tenancyOf } from "#server/tenancies/tenancy-of.ts";
import { setDisabled } from "#server/users/set-disabled.ts";
import { type Rule, roleFile } from "./access.ts";
import { type ClusterApi, clusterApi, type KubeJson } from "./api.ts";
import { createInstallation, type Installation, testImage } from "./installation.ts";
import { Person } from "./person.ts";
import { waitFor } from "./processes.ts";

const rbac = "/apis/rbac.authorization.k8s.io/v1";
let it: Installation;
let hub: Hub;
/** With the rights that Berth has. */
let berth: ClusterApi;
let physics: string;
let chemistry: string;

const ctx = () => hub.systemContext("test");
const within = (namespace: string, name: string, server = "") => new Person({ ...it, namespace }, hub, name, server);
const at = (namespace: string, plural: string, group = "/api/v1") => `${group}/namespaces/${namespace}/${plural}`;
const policies = "/apis/networking.k8s.io/v1";

async function names(path: string): Promise<string[]> {
  const { items }: { items?: readonly { metadata: { name: string } }[] } = await it.api.get(path);
  return (items ?? []).map(({ metadata }) => metadata.name).sort();
}

beforeAll(async () => {
  it = await createInstallation(inject("kubeconfig"), {
    tenancies: true,
    kubernetes: { namespaceTemplate: "{hubnamespace}-{group}" },
    singleuser: {
      image: { name: testImage.split(":")[0], tag: testImage.split(":")[1], pullSecrets: ["registry-login"] },
    },
  });
  await it.api.apply(at(it.namespace, "secrets/registry-login"), {
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name: "registry-login", namespace: it.namespace },
    type: "kubernetes.io/dockerconfigjson",
    data: { ".dockerconfigjson": Buffer.from('{"auths":{}}').toString("base64") },
  });
  hub = await it.hub();
  berth = await clusterApi(it.kubeconfig);
  physics = `${it.namespace}-physics`;
  chemistry = `${it.namespace}-chemistry`;
  for (const group of ["physics", "chemistry"]) await createGroup(ctx(), { name: group });
  for (const name of ["ana", "ben", "cleo"]) await Person.create(it, hub, name);
  await addMembers(ctx(), { group: "physics", users: ["ana", "ben", "cleo"] });
  await addMembers(ctx(), { group: "chemistry", users: ["cleo"] });
});
afterAll(async () => {
  await berth.close();
  await it.remove();
});

const start = (user: string, group: string, name = "") => startServer(ctx(), { user, name, group });

describe("a group's own namespace, under exactly the documented ClusterRoles", () => {
  test("S-71, S-73: is whole when its first server runs, with its quota counted and the registry's credentials there", async () => {
    await setQuota(ctx(), { group: "physics", quota: { servers: 4, cpuLimit: 8, memoryLimit: "8Gi", homes: 6 } });
    await start("ana", "physics");
    await within(physics, "ana").reaches("ready");
    expect(await names(at(physics, "networkpolicies", policies))).toEqual([
      "berth-default-deny",
      `berth-servers-${it.installationId}`,
    ]);
    expect(await names(at(physics, "rolebindings", rbac))).toEqual(["berth-hub"]);
    expect(await names(at(physics, "limitranges"))).toEqual(["berth-defaults"]);
    expect(await names(at(physics, "secrets"))).toContain("registry-login");
    expect(await it.api.get(at(physics, "serviceaccounts/default"))).toMatchObject({
      automountServiceAccountToken: false,
    });
    const hard = { pods: "4", "limits.cpu": "8", "limits.memory": "8Gi", persistentvolumeclaims: "6" };
    expect(await it.api.get(at(physics, "resourcequotas/berth-group"))).toMatchObject({
      spec: { hard },
      status: { hard, used: { pods: "1", persistentvolumeclaims: "1" } },
    });
    expect(await it.api.get(`/api/v1/namespaces/${physics}`)).toMatchObject({
      metadata: { labels: { "pod-security.kubernetes.io/enforce": "restricted" } },
    });
  });

  test("S-73: doctor finds all allowed across the cluster, in a namespace it made and of the registry's login, and no more", async () => {
    const found = new Map((await checkHub(hub, ctx())).map((check) => [check.name, check]));
    expect(found.get("Kubernetes permissions")).toMatchObject({ message: "All that is needed is allowed." });
    expect(found.get("Kubernetes account")).toMatchObject({ ok: true });
    expect(found.get("Default profile")).toMatchObject({ message: expect.stringMatching(/^The cluster would take/) });
    expect([...found.values()].filter(({ ok }) => !ok)).toEqual([]);
  });

  test("is found whole by every further look: what the API server makes of the pieces is what was meant", async () => {
    const group = (await findGroup(hub.db, "physics")) ?? null;
    const tenancy = tenancyOf(hub.config, { namespace: physics, group, userId: null });
    expect(await hub.spawner.prepareNamespace?.(tenancy)).toEqual({
      isNew: false,
      mended: [],
      lacking: [],
      outcome: { kind: "whole" },
    });
  });

  test("S-73: there the hub may do what the file for servers says, elsewhere only what the file for the cluster says", async () => {
    const across = rights(roleFile("cluster-role").rules);
    expect(await allowedIn(physics)).toEqual(
      [...new Set([...across, ...rights(roleFile("cluster-role-servers").rules)])].sort(),
    );
    expect(await allowedIn("default")).toEqual(across);
  });

  test("S-73: it reads no secret elsewhere, makes no pod elsewhere, and binds no other role, not even in a namespace it made", async () => {
    expect((await berth.call("GET", at("kube-system", "secrets/any"))).status).toBe(403);
    expect((await berth.call("POST", at("kube-system", "pods"), handPod("x"))).status).toBe(403);
    expect((await berth.call("DELETE", `/api/v1/namespaces/${physics}`)).status).toBe(403);
    const admin = binding(physics, "mine", "cluster-admin");
    expect((await berth.call("POST", at(physics, "rolebindings", rbac), admin)).status).toBe(403);
    expect(
      (await berth.call("POST", `${rbac}/clusterrolebindings`, { ...admin, kind: "ClusterRoleBinding" })).status,
    ).toBe(403);
  });

  test("pieces that somebody deletes come back with the next look, and the health checks name them", async () => {
    await it.api.call("DELETE", at(physics, "networkpolicies/berth-default-deny", policies));
    await it.api.call("DELETE", at(physics, "limitranges/berth-defaults"));
    await setQuota(ctx(), { group: "physics", quota: { servers: 5 } });
    await waitFor("they are back", 30, async () => {
      const found = [
        ...(await names(at(physics, "networkpolicies", policies))),
        ...(await names(at(physics, "limitranges"))),
      ];
      return found.length === 3;
    });
    await waitFor("the checks name them", 10, async () => {
      const check = (await checkHub(hub, ctx())).find(({ name }) => name === "namespaces");
      return (
        check?.ok === false &&
        check.message.includes("NetworkPolicy/berth-default-deny (put back)") &&
        check.message.includes("LimitRange/berth-defaults (put back)")
      );
    });
    expect(await it.api.get(at(physics, "resourcequotas/berth-group"))).toMatchObject({
      spec: { hard: { pods: "5" } },
    });
  });

  test("the cluster's own \"exceeded quota\" reads like Berth's; a container that says nothing gets limits", async () => {
    const made = await it.api.call("POST", at(physics, "pods"), handPod("by-hand"));
    expect(made.body).toMatchObject({
      spec: { containers: [{ resources: { limits: { cpu: "500m", memory: "256Mi" } } }] },
    });
    await setQuota(ctx(), { group: "physics", quota: { servers: 2 } });
    await waitFor("the quota is counted", 20, async () => {
      const { status }: { status?: { hard?: { pods?: string } } } = await it.api.get(
        at(physics, "resourcequotas/berth-group"),
      );
      return status?.hard?.pods === "2";
    });
    await start("ben", "physics");
    const failure = await within(physics, "ben").failure();
    expect(failure.reason).toBe("quota");
    expect(failure.publicMessage).toMatch(/^The quota here is used up: 2 of 2 servers in use, this server needs 1\./);
    await it.api.call("DELETE", at(physics, "pods/by-hand"));
  });
});

describe("a group's shared volume", () => {
  test("made by an admin as a static one: a member reads it, a manager writes, in the same group at the same time", async () => {
    await setSharedVolume(ctx(), { group: "chemistry", volume: { name: "data", capacity: "1Gi" } });
    for (const name of ["eva", "finn"]) await Person.create(it, hub, name);
    await addMembers(ctx(), { group: "chemistry", users: ["eva", "finn"] });
    await setRole(ctx(), { group: "chemistry", user: "eva", role: "manager" });
    const group = await findGroup(hub.db, "chemistry");
    const claim = sharedClaimName(group?.id ?? "", "data");
    await makeStaticClaim(claim);
    await Promise.all(["eva", "finn"].map((name) => start(name, "chemistry")));
    const mounts = async (name: string) => {
      await within(chemistry, name).reaches("ready");
      const [pod] = await within(chemistry, name).pods();
      const { containers }: { containers?: readonly { volumeMounts: readonly { name: string }[] }[] } = pod?.spec ?? {};
      return containers?.[0]?.volumeMounts.filter((mount) => mount.name === "berth-shared");
    };
    const mountPath = "/home/jovyan/shared/chemistry";
    expect(await mounts("eva")).toEqual([{ name: "berth-shared", mountPath }]);
    expect(await mounts("finn")).toEqual([{ name: "berth-shared", mountPath, readOnly: true }]);
    expect(await it.api.get(at(chemistry, `persistentvolumeclaims/${claim}`))).toMatchObject({
      spec: { accessModes: ["ReadWriteOnce"] },
      status: { phase: "Bound" },
    });
    for (const name of ["eva", "finn"]) await within(chemistry, name).stop();
  });
});

describe("S-74", () => {
  test("a namespace that is somebody else's is refused with the reason for the admin, and stays as it is", async () => {
    const taken = `${it.namespace}-taken`;
    await it.api.apply(`/api/v1/namespaces/${taken}`, {
      apiVersion: "v1",
      kind: "Namespace",
      metadata: { name: taken },
    });
    await createGroup(ctx(), { name: "taken" });
    await Person.create(it, hub, "dora");
    await addMembers(ctx(), { group: "taken", users: ["dora"] });
    await start("dora", "taken");
    expect(await within(taken, "dora").failure()).toMatchObject({
      reason: "conflict",
      detail: expect.stringContaining("wasn't made by Berth"),
    });
    expect(await names(at(taken, "networkpolicies", policies))).toEqual([]);
    await it.api.call("DELETE", `/api/v1/namespaces/${taken}`);
  });

  test("with the admission policy, the hub's account binds its role only where Berth's label is", async () => {
    const removePolicy = await applyAdmissionPolicy();
    try {
      const mine = () =>
        berth.call(
          "POST",
          `${at("kube-public", "rolebindings", rbac)}?dryRun=All`,
          binding("kube-public", "mine", "berth-hub"),
        );
      await waitFor("the policy is in force", 30, async () => (await mine()).status !== 201);
      expect((await mine()).body.message).toContain("Berth's hub binds its role only in namespaces it made");
      const own = await berth.call(
        "POST",
        `${at(physics, "rolebindings", rbac)}?dryRun=All`,
        binding(physics, "again", "berth-hub"),
      );
      expect(own.status).toBe(201);
    } finally {
      await removePolicy();
    }
  });
});

describe("over two namespaces", () => {
  test("R-07: a stop that was decided about an old run reaches no newer one, also in another namespace", async () => {
    await start("cleo", "physics");
    const before = await within(physics, "cleo").reaches("ready");
    await within(physics, "cleo").stop();
    await within(physics, "cleo").reaches("stopped");
    await waitFor("its place is free", 30, () =>
      start("cleo", "chemistry").then(
        () => true,
        () => false,
      ),
    );
    const after = await within(chemistry, "cleo").reaches("ready");
    expect([before.namespace, after.namespace]).toEqual([physics, chemistry]);
    const spawner = await it.spawner();
    const { id: serverId, objectName } = before;
    const old = { serverId, objectName, generation: before.generation, runId: before.runId };
    for (const namespace of [physics, chemistry])
      expect(await spawner.stop({ ...old, namespace }, new AbortController().signal)).toEqual({ kind: "gone" });
    expect(await within(chemistry, "cleo").pods()).toHaveLength(1);
    expect((await within(chemistry, "cleo").row()).phase).toBe("ready");
  });

  test("R-08, F-22: a user disabled while starting in two namespaces is left with nothing in either", async () => {
    await within(chemistry, "cleo").stop();
    await within(chemistry, "cleo").leavesNothing();
    const both = Promise.allSettled([start("cleo", "chemistry"), start("cleo", "physics", "second")]);
    await setDisabled(ctx(), { name: "cleo", disabled: true });
    await both;
    const pods = async () => [...(await within(chemistry, "cleo").pods()), ...(await within(physics, "cleo").pods())];
    await waitFor("nothing of theirs runs", 60, async () => (await pods()).length === 0);
    await expect(start("cleo", "physics")).rejects.toThrow();
    expect(await pods()).toEqual([]);
  });
});

/** This cluster's volumes are one machine's; so is this cluster. */
async function makeStaticClaim(name: string): Promise<void> {
  await it.api.apply(`/api/v1/namespaces/${chemistry}`, {
    apiVersion: "v1",
    kind: "Namespace",
    metadata: { name: chemistry, labels: ownershipLabels(it.installationId) },
  });
  await it.api.apply(at(chemistry, `persistentvolumeclaims/${name}`), {
    apiVersion: "v1",
    kind: "PersistentVolumeClaim",
    metadata: { name, namespace: chemistry },
    spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } },
  });
}

function handPod(name: string): KubeJson {
  const securityContext = {
    ...{ allowPrivilegeEscalation: false, runAsNonRoot: true, runAsUser: 1000 },
    ...{ capabilities: { drop: ["ALL"] }, seccompProfile: { type: "RuntimeDefault" } },
  };
  const containers = [{ name: "main", image: testImage, command: ["sleep", "600"], securityContext }];
  return { apiVersion: "v1", kind: "Pod", metadata: { name }, spec: { containers, terminationGracePeriodSeconds: 0 } };
}

function binding(namespace: string, name: string, role: string): KubeJson {
  return {
    apiVersion: "rbac.authorization.k8s.io/v1",
    kind: "RoleBinding",
    metadata: { name, namespace },
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: role },
    subjects: [{ kind: "ServiceAccount", name: "hub", namespace: it.namespace }],
  };
}

/** The documented one, for this installation's account alone. Returns what takes it away. */
async function applyAdmissionPolicy(): Promise<() => Promise<void>> {
  const name = `berth-hub-bindings-${it.namespace}`;
  const group = "/apis/admissionregistration.k8s.io/v1";
  const text = readFileSync(new URL("../../k8s/rbac/admission-policy.yaml", import.meta.url), "utf8")
    .replaceAll("system:serviceaccount:berth:hub", `system:serviceaccount:${it.namespace}:hub`)
    .replaceAll(/(name|policyName): berth-hub-bindings/g, `$1: ${name}`);
  const kinds = ["validatingadmissionpolicies", "validatingadmissionpolicybindings"];
  const documents: readonly object[] = parseAllDocuments(text).map((one) => one.toJS());
  for (const [index, kind] of kinds.entries()) await it.api.apply(`${group}/${kind}/${name}`, documents[index] ?? {});
  return async () => {
    for (const kind of [...kinds].reverse()) await it.api.call("DELETE", `${group}/${kind}/${name}`);
  };
}

/** One line a right: `core/pods create`, and the one object's name where it is for that alone. */
function rights(rules: readonly Rule[]): string[] {
  return rules
    .flatMap(({ apiGroups, resources, verbs, resourceNames = [] }) =>
      apiGroups.flatMap((group) =>
        resources.flatMap((resource) =>
          verbs.map((verb) => [`${group || "core"}/${resource}`, verb, ...resourceNames].join(" ")),
        ),
      ),
    )
    .sort();
}

async function allowedIn(namespace: string): Promise<string[]> {
  const { body } = await berth.call("POST", "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews", {
    apiVersion: "authorization.k8s.io/v1",
    kind: "SelfSubjectRulesReview",
    spec: { namespace },
  });
  const review: { status?: { resourceRules?: Rule[] } } = body;
  const all = rights(review.status?.resourceRules ?? []);
  return [...new Set(all.filter((right) => !/^auth(entication|orization)\.k8s\.io\/selfsubject/.test(right)))];
}
