import type { Db } from "#db/client.ts";
import { isMemberOfAny, isServerWithin } from "#db/memberships.ts";
import { HubError } from "../errors.ts";
import type { Actor } from "./actor.ts";
import { groupsWith, hasScope, isEmptyReach, type On, type Reach, reachOf, type ScopeName } from "./scopes.ts";

type Asking = { readonly actor: Actor; readonly db: Db };

/** The first line of every verb. Says nothing about what exists: the same answer for a user who isn't there. */
export async function requireScope(ctx: Asking, name: ScopeName, on: On): Promise<void> {
  if (await mayDo(ctx, name, on)) return;
  throw refusal(ctx.actor, name);
}

/** The same question with an answer instead of an error. */
export async function mayDo({ actor, db }: Asking, name: ScopeName, on: On): Promise<boolean> {
  if (hasScope(actor.scopes, name, on)) return true;
  if (on === "everything" || "group" in on) return false;
  const groups = groupsWith(actor.scopes, name);
  if (groups.length === 0) return false;
  return on.server === undefined
    ? await isMemberOfAny(db, on.user, groups)
    : await isServerWithin(db, { user: on.user, server: on.server }, groups);
}

/** The first line of a verb that lists: whom it may show. Nobody at all is a refusal. */
export function requireReach(ctx: Asking, name: ScopeName): Reach {
  const reach = reachOf(ctx.actor, name);
  if (isEmptyReach(reach)) throw refusal(ctx.actor, name);
  return reach;
}

function refusal(actor: Actor, name: ScopeName): HubError {
  if (actor.kind === "anonymous") return new HubError("unauthenticated", "Log in first.");
  return new HubError("forbidden", "Your account isn't allowed to do this. Ask an admin if you need it.", {
    detail: { scope: name },
  });
}
