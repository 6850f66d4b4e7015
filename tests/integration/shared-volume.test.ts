import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { findGroup } from "#db/groups.ts";
import type { Actor } from "#server/auth/actor.ts";
import { HubError } from "#server/errors.ts";
import { addMembers } from "#server/groups/add-members.ts";
import { createGroup } from "#server/groups/create.ts";
import { setRole } from "#server/groups/set-role.ts";
import { setSharedVolume } from "#server/groups/set-shared-volume.ts";
import { setCeiling } from "#server/quotas/set-ceiling.ts";
import { startServer } from "#server/servers/start.ts";
import { addUser, type HubUnderTest, startTestHub, until } from "#tests/fakes/hub-under-test.ts";

const perGroup = { spawner: { type: "kubernetes", kubernetes: { namespaceTemplate: "berth-{group}" } } };
const volume = { name: "data", capacity: "10Gi" };
const GiB = 2 ** 30;
let t: HubUnderTest;

const ctx = () => t.hub.systemContext("test");
const set = (given: unknown, as = ctx()) => setSharedVolume(as, { group: "physics", volume: given });

/** Somebody who manages the group and is no admin. */
function manager() {
  const actor = { kind: "system", name: "mia", scopes: new Set(["groups!group=physics"]) } as Actor;
  return t.hub.contextFor(actor, { requestId: "test", clientAddress: "local" });
}

async function begin(config: object): Promise<void> {
  t = await startTestHub(config);
  for (const name of ["ana", "mia"]) await addUser(t.hub, name);
  await createGroup(ctx(), { name: "physics" });
  await addMembers(ctx(), { group: "physics", users: ["ana", "mia"] });
  await setRole(ctx(), { group: "physics", user: "mia", role: "manager" });
}

async function mountsOf(user: string) {
  const { id } = await startServer(ctx(), { user });
  const { order } = await until(async () => t.spawner.runs.get(id), "a run");
  const group = await findGroup(t.hub.db, "physics");
  const claimName = `berth-shared-${group?.id.slice(0, 8)}-data`;
  return { order, claimName, pod: order.spec.pod };
}

async function problem(work: Promise<unknown>): Promise<HubError> {
  const error = await work.then(
    () => null,
    (reason: unknown) => reason,
  );
  if (!(error instanceof HubError)) throw new Error("it was not refused");
  return error;
}

afterEach(() => t.stop());

describe("a group's shared volume", () => {
  beforeEach(() => begin(perGroup));

  test("is in each member's next server: to read for members, to write for managers", async () => {
    await set(volume);
    const [ana, mia] = [await mountsOf("ana"), await mountsOf("mia")];
    const mountPath = "/home/jovyan/shared/physics";
    for (const [one, readOnly] of [
      [ana, true],
      [mia, false],
    ] as const) {
      const { claimName } = one;
      expect(one.pod.volumes).toEqual([{ name: "berth-shared", persistentVolumeClaim: { claimName, readOnly } }]);
      expect(one.pod.volumeMounts).toEqual([{ name: "berth-shared", mountPath, readOnly }]);
      expect(one.order.tenancy?.sharedVolume).toMatchObject({ claimName, capacityBytes: 10 * GiB, storageClass: null });
    }
  });

  test("is everybody's to write where the group says so, and gone from the next start when it is taken away", async () => {
    await set({ ...volume, writers: "members" });
    expect((await mountsOf("ana")).pod.volumeMounts).toMatchObject([{ readOnly: false }]);
    await set(null);
    expect((await mountsOf("mia")).pod.volumeMounts).toEqual([]);
  });

  test("keeps the size it was made with; who may write can change", async () => {
    await set(volume);
    expect(await problem(set({ ...volume, capacity: "20Gi" }))).toMatchObject({ code: "conflict" });
    expect(await problem(set({ ...volume, storageClass: "fast" }))).toMatchObject({ code: "conflict" });
    expect(await set({ ...volume, writers: "members" })).toMatchObject({ writers: "members" });
  });

  test("a manager makes one within the admin's ceiling for storage, and none where there is no ceiling", async () => {
    expect((await problem(set(volume, manager()))).publicMessage).toContain("only an admin can make its shared volume");
    await setCeiling(ctx(), { group: "physics", ceiling: { storage: "5Gi" } });
    expect((await problem(set(volume, manager()))).publicMessage).toContain("5 GiB");
    expect(await set({ ...volume, capacity: "5Gi" }, manager())).toMatchObject({ capacityBytes: 5 * GiB });
    expect(await set(null, manager())).toBeNull();
  });

  test.each([
    { name: "../x" },
    { name: `claim-${"x".repeat(40)}` },
    { capacity: "-1" },
    { capacity: "lots" },
    { writers: "all" },
  ])("%j is refused and changes nothing", async (wrong) => {
    await expect(set({ ...volume, ...wrong })).rejects.toThrow();
    expect((await findGroup(t.hub.db, "physics"))?.sharedVolume).toBeNull();
  });
});

describe("where no volume can be shared it is refused with the reason", () => {
  test.each([
    [{}, "on one machine"],
    [
      { spawner: { type: "kubernetes", kubernetes: { namespaceTemplate: "berth-{username}" } } },
      "namespaces of their own",
    ],
  ])("%j", async (config, reason) => {
    await begin(config);
    expect((await problem(set(volume))).publicMessage).toContain(reason);
  });
});
