import type { ServerRow } from "#db/servers.ts";
import { findServerById } from "#db/servers.ts";
import { appRouter } from "#server/api/root.ts";
import type { HubErrorCode } from "#server/errors.ts";
import { startServer } from "#server/servers/start.ts";
import { stopServer } from "#server/servers/stop.ts";
import { createToken } from "#server/tokens/create.ts";
import { until } from "#tests/fakes/hub-under-test.ts";
import { password } from "#tests/fakes/portal-visitor.ts";
import type { Portal } from "#tests/fakes/whole-portal.ts";
import { procedures as adminProcedures } from "./procedures-of-admin.ts";
import { procedures as cullingProcedures } from "./procedures-of-culling.ts";
import { procedures as groupProcedures } from "./procedures-of-groups.ts";
import { procedures as quotaProcedures } from "./procedures-of-quotas.ts";

/**
 * Who calls: nobody, the owner, another user, an admin, the owner's token that may only read their servers, a manager of the owner's
 * group, and a manager of another group.
 */
export const callers = ["anonymous", "owner", "other", "admin", "narrow", "manager", "outsider"] as const;
export type Caller = (typeof callers)[number];

/** People and things made anew for one call. */
/** `group` is the one group the owner is in; `foreignGroup` another one, with a manager of its own. */
export type World = {
  readonly portal: Portal;
  readonly owner: string;
  readonly group: string;
  readonly foreignGroup: string;
};

type Expected = Readonly<Record<Caller, "ok" | HubErrorCode>>;
export type Procedure = {
  /** Makes what the call is about, and its input. */
  prepare(world: World): Promise<unknown> | unknown;
  readonly expected: Expected;
  /** The audit rows of a call that went well; a query has none. */
  readonly audit: readonly string[];
  /** A mutation only because its input is too long for an address: it writes nothing. */
  readonly onlyReads?: true;
};

const outcomes = (
  owner: Expected["owner"],
  other: Expected["other"],
  admin: Expected["admin"],
  narrow: Expected["narrow"],
  manager: Expected["manager"] = other,
): Expected => ({
  anonymous: "unauthenticated",
  owner,
  other,
  admin,
  narrow,
  manager,
  outsider: other,
});
/** Whoever is logged in, about themselves. */
const forSelf = outcomes("ok", "ok", "ok", "forbidden");
/** A manager runs the servers of their group's members. */
const forOwner = outcomes("ok", "forbidden", "ok", "forbidden", "ok");
const forReaders = outcomes("ok", "forbidden", "ok", "ok", "ok");
const forAdmins = outcomes("forbidden", "forbidden", "ok", "forbidden");

/** About the owner's group: its managers and admins. */
const forManagers = outcomes("forbidden", "forbidden", "ok", "forbidden", "ok");

const onDefault = ({ owner }: World) => ({ user: owner, name: "" });
const query = (expected: Expected, prepare: Procedure["prepare"] = () => undefined): Procedure => ({
  expected,
  prepare,
  audit: [],
});

/** Every procedure of the portal's API and who may call it. A procedure that isn't here fails the tests. */
export const procedures: Readonly<Record<string, Procedure>> = {
  ...adminProcedures,
  ...cullingProcedures,
  ...groupProcedures,
  ...quotaProcedures,
  "hub.backend": query(outcomes("ok", "ok", "ok", "ok")),
  "hub.checks": query(forAdmins),
  "hub.support": query(forAdmins),
  "me.get": query(outcomes("ok", "ok", "ok", "ok")),
  "me.changePassword": {
    expected: forSelf,
    prepare: () => ({ current: password, next: "another horse battery" }),
    audit: ["user.change-password"],
  },
  "servers.list": query(forReaders, ({ owner }) => ({ user: owner })),
  "servers.get": query(forReaders, onDefault),
  "servers.startOptions": query(forOwner, onDefault),
  "servers.preview": query(forOwner, (world) => ({ ...onDefault(world), profile: "small" })),
  "servers.start": { expected: forOwner, prepare: onDefault, audit: ["server.start"] },
  "servers.startAgain": { expected: forOwner, prepare: stopped(""), audit: ["server.start"] },
  "servers.stop": { expected: forOwner, prepare: running, audit: ["server.stop"] },
  "servers.restart": { expected: forOwner, prepare: running, audit: ["server.restart"] },
  "servers.delete": { expected: forOwner, prepare: stopped("second"), audit: ["server.delete"] },
  "servers.open": {
    expected: forAdmins,
    prepare: async (world) => ({ ...(await running(world)), reason: "they asked me to look" }),
    audit: ["server.open"],
  },
  "servers.progress": query(forReaders, running),
  "users.get": query(forOwner, ({ owner }) => ({ name: owner })),
  "users.list": query({ ...forAdmins, manager: "ok", outsider: "ok" }, () => ({})),
  "users.servers": query({ ...outcomes("ok", "ok", "ok", "ok") }, () => ({})),
  "users.create": {
    expected: forAdmins,
    prepare: ({ owner }) => ({ name: `${owner}-new`, password }),
    audit: ["user.create"],
  },
  "users.setDisabled": {
    expected: forAdmins,
    prepare: ({ owner }) => ({ name: owner, disabled: true }),
    audit: ["user.disable"],
  },
  "users.setAdmin": {
    expected: forAdmins,
    prepare: ({ owner }) => ({ name: owner, admin: true }),
    audit: ["user.make-admin"],
  },
  "usage.mine": query(forOwner, ({ owner }) => ({ user: owner })),
  "usage.group": query(forManagers, ({ group }) => ({ group })),
  "usage.overview": query(forAdmins, () => ({})),
  "usage.csv": query(forManagers, ({ group }) => ({ by: "user", group })),
  "usage.setBudget": {
    expected: forManagers,
    prepare: ({ group }) => ({
      group,
      budget: { windowDays: 30, group: { cpuHours: 100 }, member: {}, whenSpent: "refuse-start" },
    }),
    audit: ["group.set-budget"],
  },
  "tokens.list": query(forSelf),
  "tokens.create": {
    expected: forSelf,
    prepare: () => ({ note: "x", expiresInSeconds: null, scopes: null }),
    audit: ["token.create"],
  },
  "tokens.revoke": {
    expected: outcomes("ok", "not-found", "ok", "not-found"),
    prepare: async ({ portal, owner }) => ({
      id: (await createToken(portal.hub.systemContext("test"), { user: owner })).row.id,
    }),
    audit: ["token.revoke"],
  },
};

/** What the router itself says it has. */
export type RouterProcedure = {
  readonly path: string;
  readonly type: string;
  readonly takesInput: boolean;
};

export function routerProcedures(): RouterProcedure[] {
  return Object.entries<unknown>(appRouter._def.procedures).map(([path, procedure]) => {
    const definition = typeof procedure === "function" && "_def" in procedure ? procedure._def : null;
    if (typeof definition !== "object" || definition === null || !("type" in definition))
      throw new Error("the router holds something that is no procedure");
    const inputs = "inputs" in definition && Array.isArray(definition.inputs) ? definition.inputs : [];
    return { path, type: String(definition.type), takesInput: inputs.length > 0 };
  });
}

async function running(world: World) {
  const { portal, owner } = world;
  const { id } = await startServer(portal.hub.systemContext("test"), { user: owner, name: "" });
  await settled(portal, id, "ready");
  return { user: owner, name: "" };
}

function stopped(name: string): Procedure["prepare"] {
  return async ({ portal, owner }) => {
    const ctx = portal.hub.systemContext("test");
    const { id } = await startServer(ctx, { user: owner, name });
    await settled(portal, id, "ready");
    await stopServer(ctx, { user: owner, name });
    await settled(portal, id, "stopped");
    return { user: owner, name };
  };
}

async function settled(portal: Portal, id: string, phase: ServerRow["phase"]): Promise<void> {
  await until(async () => (await findServerById(portal.hub.db, id))?.server.phase === phase, `${id} to be ${phase}`);
}
