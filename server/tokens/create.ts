import { z } from "zod";
import { inTransaction, type Tx } from "#db/client.ts";
import { findTokenById, insertToken } from "#db/tokens.ts";
import { lockUserByName, type User } from "#db/users.ts";
import type { TokenRow } from "../api/views.ts";
import { recordAudit } from "../audit/record.ts";
import { requireScope } from "../auth/require-scope.ts";
import { rightsOf } from "../auth/rights.ts";
import { scopesOfUser } from "../auth/roles.ts";
import { intersectScopes, parseScope, type Scope } from "../auth/scopes.ts";
import { HubError } from "../errors.ts";
import { requireUser, UserName } from "../users/get.ts";
import { refuseStronger } from "../users/refuse-stronger.ts";
import type { VerbContext } from "../verb-context.ts";
import { tokenRowOf } from "./token-row.ts";
import { hashOfToken, makeTokenText, prefixOfToken } from "./token-text.ts";

const longestSeconds = 10 * 366 * 86_400;

const ScopeText = z
  .string()
  .max(512)
  .transform((text, context): Scope => {
    const scope = parseScope(text);
    if (scope !== null) return scope;
    context.addIssue({ code: "custom", message: `“${text.slice(0, 80)}” isn't a scope Berth knows.` });
    return z.NEVER;
  });

export const CreateTokenInput = z.strictObject({
  /** Whose token; your own by default. */
  user: UserName.optional(),
  note: z.string().trim().max(255).default(""),
  expiresInSeconds: z.int().min(60).max(longestSeconds).nullable().default(null),
  /** `null`: everything you may do yourself. */
  scopes: z.array(ScopeText).max(100).nullable().default(null),
});

/** Makes a token. The text is returned this once; what is stored can't be turned back into it. */
export async function createToken(ctx: VerbContext, rawInput: unknown): Promise<{ token: string; row: TokenRow }> {
  const input = CreateTokenInput.parse(rawInput);
  const name = input.user ?? nameOf(ctx);
  await requireScope(ctx, "tokens", { user: name });
  const text = makeTokenText();
  const row = await inTransaction(ctx.db, async (tx) => {
    const user = requireUser(await lockUserByName(tx, name), name);
    if (user.disabledAt !== null) throw new HubError("conflict", `The account of “${name}” is disabled.`);
    // What is done with it is on record as its owner's doing: nobody makes one for an account above theirs.
    if (!("userId" in ctx.actor && ctx.actor.userId === user.id)) await refuseStronger(tx, ctx, user);
    const scopes = grantable(ctx, user, await rightsOf(tx, ctx.config.hub.loadRoles, user), input.scopes);
    const token = await insertToken(tx, {
      userId: user.id,
      hash: hashOfToken(text),
      prefix: prefixOfToken(text),
      note: input.note,
      scopes: [...scopes],
      createdAt: ctx.clock.now(),
      expiresAt: await endOf(tx, ctx, input.expiresInSeconds),
    });
    await recordAudit(tx, ctx, {
      action: "token.create",
      target: `token:${token.id}`,
      detail: { user: name, prefix: token.prefix, note: input.note, scopes: [...scopes].sort() },
    });
    return token;
  });
  return { token: text, row: tokenRowOf(row) };
}

function nameOf(ctx: VerbContext): string {
  if (ctx.actor.kind === "user" || ctx.actor.kind === "token") return ctx.actor.name;
  if (ctx.actor.kind === "system") throw new HubError("invalid", "Say whose token it is to be.");
  throw new HubError("unauthenticated", "Log in first.");
}

/** What both the token's owner and its maker may do, of what was asked for. Asking for more is refused, not cut down. */
function grantable(
  ctx: VerbContext,
  owner: User,
  ownerScopes: ReadonlySet<Scope>,
  asked: readonly Scope[] | null,
): ReadonlySet<Scope> {
  const own = [...scopesOfUser({ name: owner.name, admin: false, memberships: [] }, ctx.config.hub.loadRoles)];
  // The command line and the services of the installation hand out whatever its owner may do, entering servers too.
  const makers = ctx.actor.kind === "system" ? ownerScopes : ctx.actor.scopes;
  const all = [...(ctx.actor.kind === "system" ? own : intersectScopes(makers, ownerScopes))];
  const wanted = asked === null ? all : asked.flatMap((scope) => (scope === "self" ? own : [scope]));
  const granted = intersectScopes(makers, intersectScopes(ownerScopes, wanted));
  // By its own name: of `admin:users` somebody else holds a part, and a token with that part isn't what was asked for.
  const names = new Set([...granted].map(nameOfScope));
  const missing = asked?.find((scope) => !scopesMeantBy(scope, own).some((meant) => names.has(nameOfScope(meant))));
  if (missing !== undefined) {
    throw new HubError("forbidden", `This token can't be given “${missing}”: you or its owner don't have it.`);
  }
  if (granted.size === 0) throw new HubError("invalid", "A token needs at least one scope.");
  return granted;
}

function nameOfScope(scope: Scope): string {
  return scope.split("!", 1)[0] ?? "";
}

function scopesMeantBy(scope: Scope, own: readonly Scope[]): readonly Scope[] {
  return scope === "self" ? own : [scope];
}

/** A token made with a token ends with it at the latest. */
async function endOf(tx: Tx, ctx: VerbContext, expiresInSeconds: number | null): Promise<Date | null> {
  const asked = expiresInSeconds === null ? null : new Date(ctx.clock.now().getTime() + expiresInSeconds * 1000);
  if (ctx.actor.kind !== "token") return asked;
  const maker = await findTokenById(tx, ctx.actor.tokenId);
  const limit = maker?.token.expiresAt ?? null;
  if (limit === null) return asked;
  return asked === null || asked > limit ? limit : asked;
}
