import { homes } from "#db/schema/homes.ts";
import { listSessionsOf } from "#db/session-list.ts";
import { findUserByName } from "#db/users.ts";
import { saveAnnouncement } from "#server/announcements/save.ts";
import { deleteHome } from "#server/homes/delete.ts";
import type { Procedure, World } from "./procedure-table.ts";

type Expected = Procedure["expected"];

const all = (expected: Expected[keyof Expected]): Expected => ({
  ...{ anonymous: "unauthenticated", owner: expected, other: expected, admin: "ok", narrow: expected },
  ...{ manager: expected, outsider: expected },
});
const forAdmins = all("forbidden");
const query = (expected: Expected, prepare: Procedure["prepare"]): Procedure => ({ expected, prepare, audit: [] });

async function announced({ portal }: World): Promise<{ id: string }> {
  const ctx = portal.hub.systemContext("test");
  return await saveAnnouncement(ctx, { message: "On Sunday we update.", startsAt: new Date(Date.now() - 60_000) });
}

async function kept({ portal, owner }: World): Promise<{ id: string; confirm: string }> {
  const user = await findUserByName(portal.hub.db, owner);
  const values = { userId: user?.id ?? "", namespace: "local", name: `home-of-${owner}`, capacityBytes: 1 };
  const [home] = await portal.hub.db.insert(homes).values(values).returning();
  return { id: home?.id ?? "", confirm: values.name };
}

/** What admins run the place with, and what everybody sees of it. */
export const procedures: Readonly<Record<string, Procedure>> = {
  "announcements.current": query({ ...all("ok"), anonymous: "ok" }, () => undefined),
  "announcements.list": query(forAdmins, () => ({})),
  "announcements.save": {
    expected: forAdmins,
    prepare: () => ({ message: "Welcome.", startsAt: new Date() }),
    audit: ["announcement.create"],
  },
  "announcements.delete": { expected: forAdmins, prepare: announced, audit: ["announcement.delete"] },
  "announcements.dismiss": {
    expected: { ...all("ok"), narrow: "forbidden" },
    prepare: announced,
    audit: ["announcement.dismiss"],
  },
  "homes.list": query(forAdmins, () => ({})),
  "homes.delete": { expected: forAdmins, prepare: kept, audit: ["home.delete"] },
  "homes.undoDelete": {
    expected: forAdmins,
    prepare: async (world) => {
      const home = await kept(world);
      await deleteHome(world.portal.hub.systemContext("test"), home);
      return { id: home.id };
    },
    audit: ["home.undo-delete"],
  },
  "audit.list": query(forAdmins, () => ({})),
  "audit.export": query(forAdmins, () => ({})),
  "sessions.list": query({ ...forAdmins, owner: "ok" }, ({ owner }) => ({ user: owner })),
  "sessions.end": {
    expected: { ...all("not-found"), owner: "ok" },
    prepare: async ({ portal, owner }) => {
      const user = await findUserByName(portal.hub.db, owner);
      const [session] = await listSessionsOf(portal.hub.db, user?.id ?? "", portal.hub.clock.now());
      return { id: session?.id };
    },
    audit: ["session.end"],
  },
  "sessions.endAll": {
    expected: { ...forAdmins, owner: "ok" },
    prepare: ({ owner }) => ({ user: owner }),
    audit: ["session.end-all"],
  },
  "me.accessHistory": query({ ...forAdmins, owner: "ok", manager: "ok" }, ({ owner }) => ({ user: owner })),
};
