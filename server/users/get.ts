import { z } from "zod";
import { findUserByName, type User } from "#db/users.ts";
import type { UserRow } from "../api/views.ts";
import { requireScope } from "../auth/require-scope.ts";
import { HubError } from "../errors.ts";
import { normaliseUserName } from "../servers/names.ts";
import type { VerbContext } from "../verb-context.ts";
import { userRowOf } from "./user-row.ts";

/** A user's name as people type it. */
export const UserName = z.string().min(1).max(255).transform(normaliseUserName);
export const GetUserInput = z.strictObject({ name: UserName });

export async function getUser(ctx: VerbContext, rawInput: unknown): Promise<UserRow> {
  const { name } = GetUserInput.parse(rawInput);
  await requireScope(ctx, "read:users", { user: name });
  const user = await findUserByName(ctx.db, name);
  if (user === undefined) throw noSuchUser(name);
  return await userRowOf(ctx.db, user);
}

export function noSuchUser(name: string): HubError {
  return new HubError("not-found", `There is no user called “${name}”.`);
}

/** The row, or the sentence that says there is none. */
export function requireUser(user: User | undefined, name: string): User {
  if (user === undefined) throw noSuchUser(name);
  return user;
}
