import { readFile } from "node:fs/promises";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { orderFor, type SpawnerUnderTest, startSpawnerUnderTest } from "#tests/fakes/kubernetes-spawner.ts";
import {
  neededRights,
  type Right,
  rightsForTenancies,
  rightsInOwnNamespaces,
  rightsToVolumes,
} from "./kubernetes-rights.ts";

const never = new AbortController().signal;

type Role = { rules: { apiGroups: string[]; resources: string[]; verbs: string[] }[] };

async function documentedRights(file = "role"): Promise<Set<string>> {
  const role = parse(await readFile(new URL(`../../k8s/rbac/${file}.yaml`, import.meta.url), "utf8")) as Role;
  return new Set(
    role.rules.flatMap(({ resources, verbs }) => resources.flatMap((one) => verbs.map((verb) => `${verb} ${one}`))),
  );
}

const askedFor = (rights: readonly Right[]) =>
  new Set(rights.flatMap(({ resource, verbs }) => verbs.map((verb) => `${verb} ${resource}`)));

describe("the rights and the health of the Kubernetes backend", () => {
  let it: SpawnerUnderTest;

  beforeEach(async () => {
    it = await startSpawnerUnderTest();
  });
  afterEach(async () => {
    await it.stop();
  });

  test("S-73: a life of servers, faults and all, uses only what the documented Role allows, and health asks for all of it", async () => {
    const watching = it.watch();
    await it.spawner.start(orderFor(), never);
    await watching.until("waiting");
    await it.spawner.observeAll(never);
    it.api.pods.setLog("jupyter-ana", "hello");
    expect(await it.spawner.logTail(orderFor().ref, 5)).toEqual(["hello"]);
    const [leftover] = it.api.store.list("secrets", "berth");
    await it.spawner.stop(orderFor().ref, never);
    if (leftover !== undefined) it.api.store.create("secrets", "berth", leftover);
    await it.spawner.start(orderFor(), never);
    await it.spawner.start(orderFor({ generation: 2 }), never);
    await expect.poll(() => it.api.watches.count("events")).toBe(1);
    const used = new Set(it.api.requests.map(({ verb, resource }) => `${verb} ${resource}`));
    const allowed = await documentedRights();
    const asked = askedFor(neededRights);
    expect([...used].filter((right) => !allowed.has(right))).toEqual([]);
    // Nothing is allowed that isn't needed.
    expect([...asked].sort()).toEqual([...allowed].sort());
    expect([...used].filter((right) => !asked.has(right))).toEqual([]);
  });

  test("all well: the API's version, the rights, and the class new homes get", async () => {
    it.api.store.create("storageclasses", null, {
      metadata: { name: "fast", annotations: { "storageclass.kubernetes.io/is-default-class": "true" } } as {
        name: string;
      },
    });
    const health = await it.spawner.health();
    expect(health.ok).toBe(true);
    expect(health.checks.map(({ message }) => message)).toEqual([
      "Answers, version v1.34.4.",
      "This machine's clock and the API server's agree.",
      "All that is needed is allowed.",
      "May do no more than Berth needs, as far as was asked.",
      "New homes use fast.",
      "Made before the first server.",
      "No server waits for an image that can't be pulled.",
      "Servers don't call the hub. Berth runs outside the cluster, whose names it can't try.",
    ]);
  });

  test("S-73: with a namespace each, what is asked for is what the ClusterRoles allow, and nothing is asked across the cluster that writes", async () => {
    const across = await documentedRights("cluster-role");
    const inOwn = await documentedRights("cluster-role-servers");
    expect([...askedFor(rightsForTenancies)].sort()).toEqual([...across].sort());
    expect([...askedFor(rightsInOwnNamespaces)].sort()).toEqual([...inOwn].sort());
    const toVolumes = await documentedRights("cluster-role-volumes");
    expect([...askedFor(rightsToVolumes)].sort()).toEqual([...toVolumes].sort());
    const writes = [...across].filter((right) => !/^(get|list|watch) /.test(right)).sort();
    expect(writes).toEqual(["bind clusterroles", "create namespaces", "create rolebindings"]);
    expect([...across].filter((right) => right.endsWith(" secrets"))).toEqual([]);
  });

  test("the policy that closes servers is missed and named: when it is gone, when somebody changed it, and not before there are servers", async () => {
    const policy = async () => (await it.spawner.health()).checks.find(({ name }) => name === "Network policy");
    await it.spawner.start(orderFor(), never);
    expect(await policy()).toMatchObject({
      ok: true,
      message: expect.stringMatching(/^Closes the servers in berth\./),
    });
    const [made] = it.api.store.list("networkpolicies", "berth");
    if (made === undefined) throw new Error("there is no policy");
    it.api.store.update("networkpolicies", { ...made, spec: { ...(made.spec as object), ingress: [{}] } });
    expect(await policy()).toMatchObject({ ok: false, message: expect.stringContaining("isn't what Berth wrote") });
    it.api.store.remove("networkpolicies", made);
    expect(await policy()).toMatchObject({ ok: false, message: expect.stringContaining("There is none in berth") });
  });

  test("rights that are missing are named, with what to do", async () => {
    it.api.resources.allowed = (right) => right !== "create pods" && right !== "get pods/log";
    const { ok, checks } = await it.spawner.health();
    expect(ok).toBe(false);
    expect(checks.find(({ ok: fine }) => !fine)).toMatchObject({
      message: "Not allowed in berth: create pods, get pods/log.",
      fix: expect.stringContaining("kubectl --namespace berth apply --filename k8s/rbac/role.yaml"),
    });
  });

  test("with a namespace each, what is missing across the cluster is named, with the two files that give it", async () => {
    await it.stop();
    it = await startSpawnerUnderTest({ settings: { scope: { kind: "cluster" }, makeNamespaces: "restricted" } });
    it.api.resources.allowed = (right) => right !== "bind clusterroles";
    const { checks } = await it.spawner.health();
    expect(checks.find(({ name }) => name === "Kubernetes permissions")).toMatchObject({
      ok: false,
      message: "Not allowed across the cluster: bind clusterroles berth-hub.",
      fix: expect.stringMatching(/cluster-role\.yaml.*cluster-role-servers\.yaml/),
    });
  });

  test("not being allowed to look at storage classes is no fault; having none is", async () => {
    expect((await it.spawner.health()).ok).toBe(false);
    it.api.faults.add({ resource: "storageclasses" }, { kind: "answer", status: 403, reason: "Forbidden" });
    const { ok, checks } = await it.spawner.health();
    expect(ok).toBe(true);
    expect(checks.find(({ name }) => name === "Storage class")).toMatchObject({
      message: expect.stringMatching(/^Not checked: Berth's role may not list storage classes, and needn't\./),
    });
  });

  test("storage classes that can't be listed for another reason are a fault, in the API server's words", async () => {
    it.api.faults.add({ resource: "storageclasses" }, { kind: "answer", status: 500, reason: "InternalError" });
    const { ok, checks } = await it.spawner.health();
    expect(ok).toBe(false);
    expect(checks.find(({ name }) => name === "Storage class")?.message).toMatch(/^Can't be looked at: 500 /);
  });

  test("an API server that doesn't answer is the one thing said", async () => {
    await it.api.down();
    const { ok, checks } = await it.spawner.health();
    expect(ok).toBe(false);
    expect(checks).toHaveLength(1);
    expect(checks[0]?.message).toContain("Doesn't answer");
  });
});
