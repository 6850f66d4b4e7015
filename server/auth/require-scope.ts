import { HubError } from "../errors.ts";
import type { Actor } from "./actor.ts";
import { hasScope, type ScopeName } from "./scopes.ts";

type On = { readonly user: string; readonly server?: string } | "everything";

/** The first line of every verb. Says nothing about what exists: the same answer for a user who isn't there. */
export function requireScope(actor: Actor, name: ScopeName, on: On): void {
  if (hasScope(actor.scopes, name, on)) return;
  if (actor.kind === "anonymous") throw new HubError("unauthenticated", "Log in first.");
  throw new HubError("forbidden", "Your account isn't allowed to do this. Ask an admin if you need it.", {
    detail: { scope: name },
  });
}
