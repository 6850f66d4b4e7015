import { randomBytes } from "node:crypto";
import type { Tx } from "#db/client.ts";
import { findHomeOfServer, lockHome, otherServerWithHome } from "#db/home-use.ts";
import { addHome, attachHome, findHomeByName, findHomeOf, type HomeRow, type ServerRow } from "#db/servers.ts";
import type { Config } from "#server/config/schema.ts";
import { HubError } from "#server/errors.ts";
import type { ServerSpec } from "#server/profiles/spec.ts";
import { templateNamesFor } from "#server/profiles/template.ts";

type HomeQuestion = {
  readonly server: Pick<ServerRow, "id" | "homeId">;
  /** Where the server will run: each namespace has homes of its own. */
  readonly namespace: string;
  readonly userId: string;
  readonly spec: ServerSpec;
  /** The template of names gives several of a user's servers one home (`isSharedByTemplate`). */
  readonly sharedByTemplate: boolean;
};

/** A new home is counted against the group's quota before it is made. */
export type HomePlan =
  | { readonly kind: "none" }
  | { readonly kind: "kept"; readonly home: HomeRow }
  | { readonly kind: "new"; readonly name: string; readonly capacityBytes: number };

/**
 * The home a server starts with: the one it had, else the one of that name the same user left behind, else a new one. A name
 * once stored is never recomputed, so a change of the naming rules never leads to an empty home (kubespawner#937).
 */
export async function planHome(tx: Tx, question: HomeQuestion): Promise<HomePlan> {
  const { server, namespace, userId, spec } = question;
  if (spec.home.kind !== "claim") return { kind: "none" };
  const known = server.homeId === null ? undefined : await findHomeOfServer(tx, server.homeId, server.id);
  if (known !== undefined && known.home.namespace === namespace && isThere(known.home)) {
    const { home } = known;
    return known.shared || question.sharedByTemplate ? await kept(tx, question, home) : { kind: "kept", home };
  }
  const own = await findHomeOf(tx, { userId, serverId: server.id, namespace });
  if (own !== undefined && isThere(own)) return await kept(tx, question, own);
  const name = spec.home.claimName;
  const left = await findHomeByName(tx, namespace, name);
  const { capacityBytes } = spec.home;
  if (left === undefined) return { kind: "new", name, capacityBytes };
  // Somebody else's home bears the name (a user deleted and made anew), or one that was deleted: never theirs.
  if (left.userId !== userId || !isThere(left)) return { kind: "new", name: otherName(name), capacityBytes };
  const plan = await kept(tx, question, left);
  await attachHome(tx, left.id, server.id);
  return plan;
}

/** Whether another server of this user would get the same claim by name. */
export function isSharedByTemplate(config: Config, userName: string, serverName: string): boolean {
  const template = config.singleuser.storage.dynamic.pvcNameTemplate;
  const nameFor = (server: string) => templateNamesFor(userName, server, template).pvc_name;
  return nameFor(serverName) === nameFor(`${serverName}x`);
}

export function isThere(home: HomeRow): boolean {
  return home.deletedAt === null && home.removedAt === null;
}

function otherName(name: string): string {
  return `${name.slice(0, 40)}-${randomBytes(4).toString("hex")}`;
}

/** A volume that one machine may mount is for one server at a time, where the template of names makes servers share it. */
async function kept(tx: Tx, { server, spec }: HomeQuestion, home: HomeRow): Promise<HomePlan> {
  const manyMayMount = spec.home.accessModes.some((mode) => mode === "ReadWriteMany" || mode === "ReadOnlyMany");
  if (manyMayMount) return { kind: "kept", home };
  await lockHome(tx, home.id);
  const other = await otherServerWithHome(tx, home.id, server.id);
  if (other === undefined) return { kind: "kept", home };
  const which = other === "" ? "the default server" : `the server “${other}”`;
  throw new HubError("conflict", `The home “${home.name}” is in use by ${which}. Stop it first.`, {
    detail: { home: home.name, server: other },
  });
}

/** The planned home, made now if it is new. */
export async function homeFrom(
  tx: Tx,
  plan: HomePlan,
  by: {
    readonly userId: string;
    readonly serverId: string;
    readonly namespace: string;
    readonly groupId: string | null;
  },
): Promise<HomeRow | null> {
  if (plan.kind === "none") return null;
  if (plan.kind === "kept") return plan.home;
  const made = await addHome(tx, { ...by, name: plan.name, capacityBytes: plan.capacityBytes });
  if (made !== undefined) return made;
  throw new HubError("conflict", `Another server is making the home “${plan.name}” right now. Try again in a moment.`);
}
