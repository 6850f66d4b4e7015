import { z } from "zod";
import { inTransaction } from "#db/client.ts";
import { insertUser } from "#db/users.ts";
import type { UserRow } from "../api/views.ts";
import { recordAudit } from "../audit/record.ts";
import { hashPassword, passwordProblem } from "../auth/password.ts";
import { requireScope } from "../auth/require-scope.ts";
import { HubError } from "../errors.ts";
import { userNameProblem } from "../servers/names.ts";
import type { VerbContext } from "../verb-context.ts";
import { UserName } from "./get.ts";
import { makePassword } from "./make-password.ts";
import { refuseMaking } from "./refuse-stronger.ts";
import { userRowOf } from "./user-row.ts";

export const CreateUserInput = z.strictObject({
  name: UserName,
  admin: z.boolean().default(false),
  /** `null`: none, for somebody who comes through a provider. */
  password: z.string().max(1024).nullish(),
});

/** Makes an account. Left out, a password is made up where passwords are used, and returned this once. */
export async function createUser(
  ctx: VerbContext,
  rawInput: unknown,
): Promise<{ user: UserRow; password: string | null }> {
  const input = CreateUserInput.parse(rawInput);
  await requireScope(ctx, "admin:users", "everything");
  const { name, admin } = input;
  const problem = userNameProblem(name) ?? (input.password == null ? null : passwordProblem(input.password, name));
  if (problem !== null) throw new HubError("invalid", problem);
  refuseMaking(ctx, { name, admin });
  const madeUp = input.password === undefined && ctx.config.auth.local.enabled ? makePassword() : null;
  const password = input.password ?? madeUp;
  const passwordHash = password === null ? null : await hashPassword(password);
  const user = await inTransaction(ctx.db, async (tx) => {
    const made = await insertUser(tx, { name, admin, passwordHash });
    if (made === undefined) throw new HubError("conflict", `There is a user called “${name}” already.`);
    await recordAudit(tx, ctx, { action: "user.create", target: `user:${made.id}`, detail: { name, admin } });
    return made;
  });
  return { user: await userRowOf(ctx.db, user), password: madeUp };
}
