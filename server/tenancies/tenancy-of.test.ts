import { describe, expect, test } from "vitest";
import type { TenancyGroup } from "#db/tenancies.ts";
import { Config } from "#server/config/schema.ts";
import { tenancyOf } from "./tenancy-of.ts";

const configOf = (kubernetes: object) => Config.parse({ spawner: { type: "kubernetes", kubernetes } });
const perGroup = configOf({ namespaceTemplate: "berth-{group}" });
const perUser = configOf({ namespaceTemplate: "berth-{username}" });
const perBoth = configOf({ namespaceTemplate: "berth-{group}-{username}" });
const one = configOf({ namespace: "berth" });

const physics: TenancyGroup = {
  description: "",
  managed: false,
  memberLimits: {},
  budget: null,
  cull: {},
  createdAt: new Date(0),
  deletedAt: null,
  undoUntil: null,
  id: "0b1e2f3a-0000-4000-8000-000000000001",
  name: "physics",
  namespace: "berth-physics",
  quota: { servers: 8, gpus: 4 },
  ceiling: { gpus: 2 },
  sharedVolume: { name: "data", capacityBytes: 2 ** 30, storageClass: "nfs", writers: "members" },
};
const volume = {
  groupId: physics.id,
  claimName: "berth-shared-0b1e2f3a-data",
  capacityBytes: 2 ** 30,
  storageClass: "nfs",
};
const place = { namespace: "berth-physics", group: physics, userId: "user-ana" };

describe("what a namespace must hold", () => {
  test("a group's own: its quota within its ceiling, and its volume", () => {
    expect(tenancyOf(perGroup, place)).toEqual({
      namespace: "berth-physics",
      groupId: physics.id,
      userId: null,
      quota: { servers: 8, gpus: 2 },
      sharedVolume: volume,
    });
  });

  test.each([
    ["a user's", perUser, "berth-ana"],
    ["a user's in a group", perBoth, "berth-physics-ana"],
  ])("%s: no quota, which several namespaces can't share, and no volume", (_, config, namespace) => {
    expect(tenancyOf(config, { ...place, namespace })).toEqual({
      ...{ namespace, groupId: null, userId: "user-ana", quota: null, sharedVolume: null },
    });
  });

  test("everybody's: nobody's quota, and the volume of the group that starts there", () => {
    expect(tenancyOf(one, { ...place, namespace: "berth" })).toEqual({
      ...{ namespace: "berth", groupId: null, userId: null, quota: null, sharedVolume: volume },
    });
  });

  test("where a server stayed behind in another namespace, its group's quota isn't put there", () => {
    expect(tenancyOf(perGroup, { ...place, namespace: "berth-old" })).toMatchObject({ groupId: null, quota: null });
  });
});
