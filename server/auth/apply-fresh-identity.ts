import type { Tx } from "#db/client.ts";
import { setManagedGroupsOf } from "#db/managed-groups.ts";
import { revokeTokensOf } from "#db/tokens.ts";
import type { User } from "#db/users.ts";
import { recordAudit } from "../audit/record.ts";
import { applyAdmin, endGrants, tokenRevoked } from "../users/apply-admin.ts";
import type { VerbContext } from "../verb-context.ts";
import { admittanceOf } from "./allowed.ts";
import type { ExternalIdentity } from "./external-identity.ts";
import type { IdentityProvider } from "./providers.ts";
import { endSessionsOf } from "./session.ts";

type Fresh = {
  readonly provider: IdentityProvider;
  readonly user: User;
  readonly identity: ExternalIdentity;
};

/**
 * What the provider says now holds at once, as it would at a login: groups, admin, and whether they may be here at all (S-16). A claim
 * that is missing says nothing: then all stays as it is. The caller holds the user's row.
 */
export async function applyFreshIdentity(tx: Tx, ctx: VerbContext, fresh: Fresh): Promise<void> {
  const { provider, user, identity } = fresh;
  if (user.disabledAt !== null || identity.groups === null) return;
  if (provider.rules.allowedEmailDomains !== undefined && identity.verifiedEmailDomain === null) return;
  const admittance = admittanceOf(provider.rules, { ...identity, name: user.name });
  if (admittance.kind === "denied") return await shutOut(tx, ctx, fresh, admittance.reason);
  const { joined, left } = await setManagedGroupsOf(tx, user.id, identity.groups);
  if (joined.length + left.length > 0)
    await recordAudit(tx, ctx, {
      action: "user.refresh-groups",
      target: `user:${user.id}`,
      detail: { name: user.name, provider: provider.id, joined, left },
    });
  if (admittance.admin === null) return;
  const { changes } = await applyAdmin(tx, ctx, user, admittance.admin);
  await ctx.changes.append(tx, changes);
}

/** No rule lets them in any more: what they hold ends. Their account isn't disabled, and the next login decides anew. */
async function shutOut(tx: Tx, ctx: VerbContext, { provider, user }: Fresh, reason: string): Promise<void> {
  const now = ctx.clock.now();
  const { left } = await setManagedGroupsOf(tx, user.id, []);
  const sessions = await endSessionsOf(tx, user.id, now);
  const tokens = await revokeTokensOf(tx, user.id, "all", now);
  const grants = await endGrants(tx, user.id, now);
  if (left.length + sessions.length + tokens.length + grants.length === 0) return;
  await recordAudit(tx, ctx, {
    action: "user.shut-out",
    target: `user:${user.id}`,
    detail: {
      ...{ name: user.name, provider: provider.id, reason, left },
      ...{ sessionsEnded: sessions.length, tokensRevoked: tokens.length },
    },
  });
  await ctx.changes.append(tx, [...grants, ...sessions, ...tokens.map(tokenRevoked)]);
}
