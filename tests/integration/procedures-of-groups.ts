import { inTransaction } from "#db/client.ts";
import { insertRequest } from "#db/group-requests.ts";
import { findGroup, updateGroup } from "#db/groups.ts";
import { findUserByName } from "#db/users.ts";
import { deleteGroup } from "#server/groups/delete.ts";
import { previewMembersCsv } from "#server/groups/preview-csv.ts";
import { previewUsersCsv } from "#server/users/preview-csv.ts";
import type { Procedure, World } from "./procedure-table.ts";

type Expected = Procedure["expected"];

const of = (
  ...[owner, other, admin, narrow, manager]: [
    Expected["owner"],
    Expected["other"],
    Expected["admin"],
    Expected["narrow"],
    Expected["manager"],
  ]
): Expected => ({ anonymous: "unauthenticated", owner, other, admin, narrow, manager, outsider: other });
const forMembers = of("ok", "forbidden", "ok", "forbidden", "ok");
const forManagers = of("forbidden", "forbidden", "ok", "forbidden", "ok");
const forAdmins = of("forbidden", "forbidden", "ok", "forbidden", "forbidden");

const query = (expected: Expected, prepare: Procedure["prepare"]): Procedure => ({ expected, prepare, audit: [] });
const onGroup = ({ group }: World) => ({ group });

/** Whose answers concern one group: its members, its managers, admins, and nobody else. */
export const procedures: Readonly<Record<string, Procedure>> = {
  "groups.mine": query(of("ok", "ok", "ok", "ok", "ok"), () => undefined),
  "groups.list": query({ ...forMembers, outsider: "ok" }, () => ({})),
  "groups.deleted": query(forAdmins, () => ({})),
  "groups.get": query(forMembers, onGroup),
  "groups.members": query(forManagers, onGroup),
  "groups.profiles": query(forMembers, onGroup),
  "groups.create": {
    expected: forAdmins,
    prepare: ({ group }) => ({ name: `${group} new` }),
    audit: ["group.create"],
  },
  "groups.describe": {
    expected: forManagers,
    prepare: ({ group }) => ({ group, description: "Lab course" }),
    audit: ["group.describe"],
  },
  "groups.rename": {
    expected: forAdmins,
    prepare: ({ group }) => ({ group, name: `${group} renamed` }),
    audit: ["group.rename"],
  },
  "groups.deletionPreview": query(forAdmins, onGroup),
  "groups.delete": { expected: forAdmins, prepare: onGroup, audit: ["group.delete"] },
  "groups.undoDelete": { expected: forAdmins, prepare: deleted, audit: ["group.undo-delete"] },
  "groups.addMembers": {
    expected: forManagers,
    prepare: ({ group, owner }) => ({ group, users: [owner.replace("owner", "other")] }),
    audit: ["group.add-members"],
  },
  "groups.removeMembers": {
    expected: forManagers,
    prepare: ({ group, owner }) => ({ group, users: [owner] }),
    audit: ["group.remove-members"],
  },
  "groups.setRole": {
    expected: forAdmins,
    prepare: ({ group, owner }) => ({ group, user: owner, role: "manager" }),
    audit: ["group.make-manager"],
  },
  "groups.exportCsv": query(forManagers, onGroup),
  "groups.previewCsv": { ...query(forManagers, csv), onlyReads: true },
  "groups.applyCsv": {
    expected: forManagers,
    prepare: async (world) => {
      const input = csv(world);
      const { token } = await previewMembersCsv(world.portal.hub.systemContext("test"), input);
      return { ...input, token };
    },
    audit: ["group.apply-csv"],
  },
  "users.previewCsv": { ...query(forAdmins, usersCsv), onlyReads: true },
  "users.applyCsv": {
    expected: forAdmins,
    prepare: async (world) => {
      const input = usersCsv(world);
      const { token } = await previewUsersCsv(world.portal.hub.systemContext("test"), input);
      return { ...input, token };
    },
    audit: ["user.create", "user.disable"],
  },
  "groups.ask": {
    expected: of("ok", "forbidden", "forbidden", "forbidden", "ok"),
    prepare: ({ group }) => ({ group, message: "Two more CPUs for my thesis" }),
    audit: ["group.ask"],
  },
  "groups.setSharedVolume": { expected: forManagers, prepare: withVolume, audit: ["group.set-shared-volume"] },
  "groups.requests": query(forManagers, onGroup),
  "groups.decide": {
    expected: of("not-found", "not-found", "ok", "not-found", "ok"),
    prepare: request,
    audit: ["group.grant-request"],
  },
};

async function withVolume({ portal, group }: World) {
  const found = await findGroup(portal.hub.db, group);
  if (found === undefined) throw new Error("the test made no group");
  const sharedVolume = { name: "data", capacityBytes: 2 ** 30, storageClass: null, writers: "managers" as const };
  await inTransaction(portal.hub.db, (tx) => updateGroup(tx, found.id, { sharedVolume }));
  return { group, volume: null };
}

function csv({ group, owner }: World) {
  return { group, mode: "add" as const, text: `user,role\n${owner.replace("owner", "other")},member\n` };
}

function usersCsv({ owner }: World) {
  return { text: `user,state\n${owner}-new,active\n${owner},disabled\n` };
}

async function deleted({ portal, group }: World) {
  const { id } = await deleteGroup(portal.hub.systemContext("test"), { group });
  return { id };
}

async function request({ portal, group, owner }: World) {
  const { db } = portal.hub;
  const [found, user] = await Promise.all([findGroup(db, group), findUserByName(db, owner)]);
  if (found === undefined || user === undefined) throw new Error("the test made no group or no user");
  const values = { groupId: found.id, userId: user.id, message: "More memory" };
  const { id } = await inTransaction(db, (tx) => insertRequest(tx, values));
  return { id, decision: "granted", answer: "Done." };
}
