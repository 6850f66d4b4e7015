import { findServerById } from "#db/servers.ts";
import { startServer } from "#server/servers/start.ts";
import { until } from "#tests/fakes/hub-under-test.ts";
import type { Procedure, World } from "./procedure-table.ts";

type Outcome = Procedure["expected"][keyof Procedure["expected"]];

const all = (expected: Outcome): Procedure["expected"] => ({
  ...{ anonymous: "unauthenticated", owner: expected, other: expected, admin: expected, narrow: expected },
  ...{ manager: expected, outsider: expected },
});
const forManagers = { ...all("forbidden"), admin: "ok", manager: "ok" } as const;
/** The owner is also a member of the group. */
const forRunners = { ...forManagers, owner: "ok" } as const;

async function running({ portal, owner }: World) {
  const { id } = await startServer(portal.hub.systemContext("test"), { user: owner, name: "" });
  await until(
    async () => (await findServerById(portal.hub.db, id))?.server.phase === "ready",
    "the server to be ready",
  );
  return { user: owner, name: "" };
}

/** When idle servers stop: a user's own choice, a group's rule, and more time for one that runs. */
export const procedures: Readonly<Record<string, Procedure>> = {
  "culling.mine": { expected: all("ok"), prepare: () => undefined, audit: [] },
  "culling.setMine": {
    expected: { ...all("ok"), narrow: "forbidden" },
    prepare: () => ({ idleSeconds: 1800 }),
    audit: ["user.set-culling"],
  },
  "culling.group": {
    expected: forRunners,
    prepare: ({ group }) => ({ group }),
    audit: [],
  },
  "culling.setGroup": {
    expected: forManagers,
    prepare: ({ group }) => ({ group, idleSeconds: 1800, quietHours: [] }),
    audit: ["group.set-culling"],
  },
  "culling.extend": { expected: forRunners, prepare: running, audit: ["server.keep"] },
  "culling.keepUntil": {
    expected: forRunners,
    prepare: async (world) => ({ ...(await running(world)), until: new Date(Date.now() + 7_200_000) }),
    audit: ["server.keep"],
  },
};
