import { z } from "zod";
import { inTransaction, type Tx } from "#db/client.ts";
import type { StreamRecord } from "#db/stream.ts";
import { insertUser, lockUserByName } from "#db/users.ts";
import type { UserChange } from "../api/group-views.ts";
import { recordAudit } from "../audit/record.ts";
import { hashPassword } from "../auth/password.ts";
import { requireScope } from "../auth/require-scope.ts";
import { csvOf } from "../csv.ts";
import { problemsSentence } from "../csv-table.ts";
import { HubError } from "../errors.ts";
import { changedMeanwhile } from "../groups/apply-csv.ts";
import type { VerbContext } from "../verb-context.ts";
import { applyDisabled } from "./apply-disabled.ts";
import { requireUser } from "./get.ts";
import { makePassword } from "./make-password.ts";
import { PreviewUsersCsvInput, usersPlanOf } from "./preview-csv.ts";
import { refuseMaking, refuseStronger } from "./refuse-stronger.ts";

export const ApplyUsersCsvInput = PreviewUsersCsvInput.extend({ token: z.string().max(100) });

export type UsersApplied = {
  readonly created: number;
  readonly disabled: number;
  readonly enabled: number;
  /** CSV of the new users with the passwords that were made up: shown this once. Null where nobody has a password here. */
  readonly passwords: string | null;
};
type Secret = { readonly user: string; readonly password: string; readonly passwordHash: string };

/** Does what the preview showed, all of it or nothing; when one of its users changed since, the preview is looked at again first. */
export async function applyUsersCsv(ctx: VerbContext, rawInput: unknown): Promise<UsersApplied> {
  const { text, token } = ApplyUsersCsvInput.parse(rawInput);
  await requireScope(ctx, "admin:users", "everything");
  const changes = await checkedChanges(ctx, ctx.db, text, token);
  // Half a minute of work at worst, and none of it while rows are locked.
  const secrets = ctx.config.auth.local.enabled ? await makeSecrets(of(changes, "create")) : [];
  const disabled = await inTransaction(ctx.db, async (tx) => {
    await checkedChanges(ctx, tx, text, token);
    return await apply(tx, ctx, changes, new Map(secrets.map((secret) => [secret.user, secret.passwordHash])));
  });
  for (const user of disabled) await ctx.stopper.stopServersOf(ctx, user, "disabled");
  const rows = secrets.map(({ user, password }) => [user, password]);
  return {
    created: of(changes, "create").length,
    disabled: of(changes, "disable").length,
    enabled: of(changes, "enable").length,
    passwords: rows.length === 0 ? null : csvOf([["user", "password"], ...rows]),
  };
}

async function checkedChanges(
  ctx: VerbContext,
  db: VerbContext["db"] | Tx,
  text: string,
  expected: string,
): Promise<readonly UserChange[]> {
  const { plan, token } = await usersPlanOf(ctx, db, text);
  const problems = problemsSentence(plan.problems);
  if (problems !== null) throw new HubError("invalid", problems, { detail: { field: "text" } });
  if (token !== expected) throw changedMeanwhile("One of these users");
  return plan.changes;
}

const hashesAtOnce = 4;

async function makeSecrets(names: readonly string[]): Promise<Secret[]> {
  const secrets: Secret[] = [];
  for (let at = 0; at < names.length; at += hashesAtOnce) {
    const some = names.slice(at, at + hashesAtOnce).map(async (user) => {
      const password = makePassword();
      return { user, password, passwordHash: await hashPassword(password) };
    });
    secrets.push(...(await Promise.all(some)));
  }
  return secrets;
}

async function apply(
  tx: Tx,
  ctx: VerbContext,
  changes: readonly UserChange[],
  hashes: ReadonlyMap<string, string>,
): Promise<{ id: string; name: string }[]> {
  const told: StreamRecord[] = [];
  const disabled: { id: string; name: string }[] = [];
  for (const name of of(changes, "create")) {
    refuseMaking(ctx, { name, admin: false });
    const made = await insertUser(tx, { name, admin: false, passwordHash: hashes.get(name) ?? null });
    if (made === undefined) throw changedMeanwhile(`“${name}”`);
    await recordAudit(tx, ctx, { action: "user.create", target: `user:${made.id}`, detail: { name, from: "csv" } });
  }
  // In the order of their names, as any other file would: two of them at once wait for each other and not in a ring.
  const others = changes.filter((change) => change.kind !== "create").sort((a, b) => (a.user < b.user ? -1 : 1));
  for (const { user: name, kind } of others) {
    const user = requireUser(await lockUserByName(tx, name), name);
    await refuseStronger(tx, ctx, user);
    const applied = await applyDisabled(tx, ctx, user, kind === "disable");
    told.push(...applied.changes);
    if (kind === "disable") disabled.push({ id: user.id, name });
  }
  if (told.length > 0) await ctx.changes.append(tx, told);
  return disabled;
}

function of(changes: readonly UserChange[], kind: UserChange["kind"]): string[] {
  return changes.filter((change) => change.kind === kind).map((change) => change.user);
}
