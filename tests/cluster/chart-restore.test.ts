import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import type { KubeJson } from "./api.ts";
import { Patience } from "./chart-patience.ts";
import { type CorePod, isReady, prepareChartTests, Release } from "./chart-release.ts";
import { chartValues } from "./chart-values.ts";
import { Visitor } from "./chart-visitor.ts";
import { waitFor } from "./processes.ts";

/** docs/backup.md, step by step. The last one's server is stopped when everything is lost. */
const people = ["ana", "ben", "eva"];
const running = ["ana", "ben"];

let release: Release;
let portal: Visitor;
let backup: Buffer;
const tokens = new Map<string, string>();

const as = (user: string) => portal.withToken(tokens.get(user) ?? "");
const serverOf = (user: string) => `/hub/api/users/${user}/server`;

beforeAll(async () => {
  await prepareChartTests();
  release = await Release.create(inject("kubeconfig"), "berth-chart-restore");
  await release.upgrade(chartValues());
  await meetPortal();
  for (const user of people) {
    await release.execInHub(["berth", "user", "add", user]);
    tokens.set(user, (await release.execInHub(["berth", "token", "create", "--user", user])).trim());
    await as(user).json("POST", serverOf(user), { profile: "echo" });
  }
  for (const user of people) {
    await becomes(user, "ready");
    await inServer(user, `echo ${user} > ~/written`);
  }
  await as("eva").ask("DELETE", serverOf("eva"));
  await becomes("eva", "stopped");
}, 600_000);
afterAll(async () => await release?.remove());

/** The Service is made anew with its release, at another address. */
async function meetPortal(): Promise<void> {
  portal = await Visitor.of(release);
}

async function becomes(user: string, wanted: "ready" | "stopped"): Promise<void> {
  await waitFor(`${user}'s server is ${wanted}`, 120, async () => {
    const model = (await as(user).json("GET", serverOf(user))) as { ready: boolean; stopped: boolean };
    return model[wanted];
  });
}

async function podOf(user: string): Promise<CorePod> {
  const pods = (await release.pods("singleuser-server")).filter(isReady);
  const found = pods.find(({ metadata }) => metadata.annotations?.["hub.jupyter.org/username"] === user);
  if (found === undefined) throw new Error(`no pod of ${user}'s is ready`);
  return found;
}

async function inServer(user: string, script: string): Promise<string> {
  return (await release.exec(await podOf(user), ["sh", "-c", script])).toString();
}

async function homes() {
  const claims = await release.claims();
  return claims.filter(({ metadata }) => metadata.labels["app.kubernetes.io/component"] === "singleuser-storage");
}

async function answers(user: string): Promise<void> {
  const line = await as(user).line(`/user/${user}/echo`);
  line.say(user);
  expect(await line.first((text) => text)).toBe(user);
  line.hangUp();
}

async function takeBackup(): Promise<void> {
  backup = await release.streamThroughHub(["berth", "backup", "-"]);
}

/** Steps 1, 3 and 4: a hub that serves nobody, the backup, the hub again. */
async function restore(...flags: readonly string[]): Promise<void> {
  await release.upgradeForMaintenance(chartValues());
  const said = (await release.streamThroughHub(["berth", "restore", "-", ...flags], backup)).toString();
  expect(said).toMatch(/^Restored 3 users and 3 homes as of /);
  await release.upgrade(chartValues());
  await meetPortal();
}

const pathOf = (plural: string, name = "") => `/api/v1/namespaces/${release.namespace}/${plural}/${name}`;

async function uninstall(): Promise<void> {
  await release.helm("uninstall", "berth", "--namespace", release.namespace, "--wait");
  for (const part of ["hub", "edge", "web", "postgres"])
    await waitFor(`${part} is gone`, 180, async () => (await release.pods(part)).length === 0);
}

describe("F-34: a release and its database are lost; the cluster isn't", () => {
  test("restored from its backup, it knows the same tokens and homes, finds the servers that ran then and still run, and stops what was started since", async () => {
    const before = { homes: await homes(), pods: await Promise.all(running.map(podOf)) };
    await takeBackup();
    await as("eva").json("POST", serverOf("eva"), { profile: "echo" });
    await becomes("eva", "ready");
    await uninstall();
    await release.api.call("DELETE", pathOf("persistentvolumeclaims", "data-postgres-0"));
    await waitFor("the database's volume is gone", 60, async () =>
      (await release.claims()).every(({ metadata }) => metadata.name !== "data-postgres-0"),
    );

    await restore();
    for (const user of people) expect(await as(user).json("GET", "/hub/api/user")).toMatchObject({ name: user });
    for (const user of running) {
      await becomes(user, "ready");
      await answers(user);
    }
    await becomes("eva", "stopped");
    await waitFor(
      "the server that isn't on record is gone",
      60,
      async () => (await release.pods("singleuser-server")).length === running.length,
    );
    const after = await Promise.all(running.map(podOf));
    expect(after.map(({ metadata }) => metadata.uid)).toEqual(before.pods.map(({ metadata }) => metadata.uid));
    expect(await homes()).toMatchObject(
      before.homes.map(({ metadata: { name, uid } }) => ({ metadata: { name, uid } })),
    );
  });

  test("a start afterwards is given the home there was", async () => {
    await as("eva").json("POST", serverOf("eva"), { profile: "echo" });
    await becomes("eva", "ready");
    expect(await inServer("eva", "cat ~/written")).toBe("eva\n");
  });
});

type Volume = KubeJson & { readonly spec: Record<string, unknown> };

/** What a backup of the volumes brings into another cluster: the volumes, and claims of the same namespaces, names and labels. */
async function carryHomesOver(): Promise<void> {
  const kept = await homes();
  const volumes = kept.map(({ spec }) => `/api/v1/persistentvolumes/${spec.volumeName}`);
  const change = async (path: string, spec: object) => {
    const volume = (await release.api.get(path)) as Volume;
    const changed = await release.api.call("PUT", path, { ...volume, spec: { ...volume.spec, ...spec } });
    expect(changed.status).toBe(200);
  };
  for (const volume of volumes) await change(volume, { persistentVolumeReclaimPolicy: "Retain" });
  await release.removeNamespace();
  for (const volume of volumes) await change(volume, { claimRef: null });
  const namespace = { apiVersion: "v1", kind: "Namespace", metadata: { name: release.namespace } };
  await release.api.apply(`/api/v1/namespaces/${release.namespace}`, namespace);
  for (const { metadata, spec } of kept) {
    const { name, labels, annotations } = metadata;
    const claim = { apiVersion: "v1", kind: "PersistentVolumeClaim", metadata: { name, labels, annotations }, spec };
    await release.api.apply(pathOf("persistentvolumeclaims", name), claim);
  }
  await waitFor("the claims have their volumes", 60, async () =>
    (await homes()).every(({ status }) => status.phase === "Bound"),
  );
  // Only now: a volume that nobody has claimed yet would be taken for one whose claim was deleted.
  for (const volume of volumes) await change(volume, { persistentVolumeReclaimPolicy: "Delete" });
}

describe("F-35: everything is lost but the backup and the volumes", () => {
  test("restored elsewhere, every server is stopped, tokens are the same, and each start finds its home with its files", async () => {
    const before = await homes();
    await takeBackup();
    await uninstall();
    await carryHomesOver();

    await restore("--new-cluster");
    const carried = await homes();
    expect(carried.map(({ metadata }) => metadata.name)).toEqual(before.map(({ metadata }) => metadata.name));
    for (const user of people) {
      expect(await as(user).json("GET", "/hub/api/user")).toMatchObject({ name: user });
      await becomes(user, "stopped");
      await as(user).json("POST", serverOf(user), { profile: "echo" });
    }
    for (const user of people) {
      await becomes(user, "ready");
      expect(await inServer(user, "cat ~/written")).toBe(`${user}\n`);
      await answers(user);
    }
    expect((await homes()).map(({ metadata }) => metadata.uid)).toEqual(carried.map(({ metadata }) => metadata.uid));
  });

  test("where a claim wasn't brought over, the start says so and makes no empty home in its place", async () => {
    await as("eva").ask("DELETE", serverOf("eva"));
    await becomes("eva", "stopped");
    const evas = (await homes()).find(({ metadata }) => metadata.annotations?.["hub.jupyter.org/username"] === "eva");
    await release.api.call("DELETE", pathOf("persistentvolumeclaims", evas?.metadata.name));
    await waitFor("eva's claim is gone", 60, async () => (await homes()).length === people.length - 1);
    await takeBackup();
    await release.upgradeForMaintenance(chartValues());
    await release.streamThroughHub(["berth", "restore", "-", "--new-cluster", "--replace"], backup);
    await release.upgrade(chartValues());
    // An edge may find out with this request that the hub it knew is gone.
    const begun = await new Patience().ask("eva's start", () =>
      as("eva").ask("POST", serverOf("eva"), { profile: "echo" }),
    );
    expect(begun.status).toBeLessThan(300);
    await becomes("eva", "stopped");
    expect(await homes()).toHaveLength(people.length - 1);
  });
});
