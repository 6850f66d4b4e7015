import type { Tx } from "#db/client.ts";
import { rightsOf } from "../auth/rights.ts";
import { scopesOfUser } from "../auth/roles.ts";
import type { Scope } from "../auth/scopes.ts";
import { HubError } from "../errors.ts";
import type { VerbContext } from "../verb-context.ts";

type Asker = Pick<VerbContext, "actor" | "config">;
type Person = { readonly id: string; readonly name: string; readonly admin: boolean };

/** Stands for anybody: no user's name holds a control character. */
const anybody = "\u0000";

/**
 * `admin:users` runs accounts, and is no way to more than one has: an account that holds, over the whole installation, what the asker
 * doesn't is neither changed nor made by them (S-30, CVE-2024-41942). A token is held to its own scopes, whoever made it.
 */
export async function refuseStronger(tx: Tx, ctx: Asker, user: Person): Promise<void> {
  const more = beyond(ctx, await rightsOf(tx, ctx.config.hub.loadRoles, user));
  if (more !== undefined) throw refusal(`“${user.name}” has rights you don't have`, more);
}

/**
 * Nobody makes an account with rights they don't have: not an admin's, nor one whose name a role of `berth.yaml` waits for. Its maker knows
 * its password.
 */
export function refuseMaking(ctx: Asker, { name, admin }: Omit<Person, "id">): void {
  const more = beyond(ctx, scopesOfUser({ name, admin, memberships: [] }, ctx.config.hub.loadRoles));
  if (more === undefined) return;
  const what = admin ? `You can't make “${name}” an admin` : `You can't make an account called “${name}”`;
  throw refusal(`${what}: it gives rights you don't have`, more);
}

function beyond({ actor, config }: Asker, rights: ReadonlySet<Scope>): Scope | undefined {
  const everybodys = scopesOfUser({ name: anybody, admin: false, memberships: [] }, config.hub.loadRoles);
  return [...rights].find((scope) => !scope.includes("!") && !everybodys.has(scope) && !actor.scopes.has(scope));
}

function refusal(sentence: string, scope: Scope): HubError {
  return new HubError("forbidden", `${sentence} (${scope}). Ask an admin.`, { detail: { scope } });
}
