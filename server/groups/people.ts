import type { Tx } from "#db/client.ts";
import { findUsersNamed, type PersonRef } from "#db/group-members.ts";
import { holdsAllOfAdmin } from "../auth/roles.ts";
import { HubError } from "../errors.ts";
import type { VerbContext } from "../verb-context.ts";

/** The users of these names; one that isn't there refuses all of them. */
export async function requirePeople(tx: Tx, names: readonly string[]): Promise<PersonRef[]> {
  const wanted = [...new Set(names)];
  const people = await findUsersNamed(tx, wanted);
  const known = new Set(people.map((person) => person.name));
  const unknown = wanted.filter((name) => !known.has(name));
  if (unknown.length === 0) return people;
  const shown = unknown.slice(0, 5).map((name) => `“${name}”`);
  const more = unknown.length > shown.length ? ` and ${unknown.length - shown.length} more` : "";
  const sentence =
    unknown.length === 1
      ? `There is no user called ${shown[0]}.`
      : `There are no users called ${shown.join(", ")}${more}.`;
  throw new HubError("not-found", `${sentence} Nobody was changed.`, { detail: { field: "users" } });
}

/** Whoever is in a group comes under its managers. An account with more rights than theirs is no business of theirs (S-30). */
export function refuseAdmins(ctx: Pick<VerbContext, "actor">, people: readonly PersonRef[]): void {
  const admin = people.find((person) => person.admin);
  if (admin === undefined || holdsAllOfAdmin(ctx.actor.scopes)) return;
  if ("userId" in ctx.actor && ctx.actor.userId === admin.id) return;
  throw new HubError("forbidden", `“${admin.name}” is an admin. Only an admin can put them into a group.`);
}
