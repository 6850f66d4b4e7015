import { inTransaction, type Tx } from "#db/client.ts";
import {
  claimRefreshes,
  dueForRefresh,
  type IdentityKey,
  lockRefreshToken,
  lockUserOfIdentity,
  type Refreshable,
  storeRefreshToken,
} from "#db/identities.ts";
import { setManagedGroupsOf } from "#db/managed-groups.ts";
import { recordAudit } from "../audit/record.ts";
import type { GroupRefresher, VerbContext } from "../verb-context.ts";
import { applyFreshIdentity } from "./apply-fresh-identity.ts";
import type { Refreshed } from "./external-identity.ts";
import type { IdentityProvider, IdentityProviders } from "./providers.ts";
import { openToken, sealToken } from "./refresh-token.ts";
import type { Seal } from "./sealed.ts";

/** Several starts in a minute ask the provider once. */
const freshForMs = 60_000;
/** How long a start waits for the provider. Its answer counts even when it comes later. */
const patienceMs = 5_000;
const atOnce = 8;

/** `unanswered`: the provider couldn't be asked, or said nothing that counts. */
type Outcome = "answered" | "unanswered";
type Deps = { readonly providers: IdentityProviders; readonly seal: Seal };

export function createGroupRefresher(deps: Deps): GroupRefresher {
  return {
    refreshGroupsOf: async (ctx, userId) => {
      if (deps.providers.refreshing.length === 0) return;
      const waiting = new AbortController();
      const tooLong = ctx.clock.sleep(patienceMs, waiting.signal).catch(() => undefined);
      const refreshed = refreshUser(ctx, deps, userId).catch((error: unknown) => logFailure(ctx, error));
      await Promise.race([refreshed, tooLong]);
      waiting.abort();
    },
  };
}

async function refreshUser(ctx: VerbContext, deps: Deps, userId: string): Promise<void> {
  const now = ctx.clock.now();
  const claimed = await claimRefreshes(ctx.db, { userId }, new Date(now.getTime() - freshForMs), now);
  for (const one of claimed) await refreshOne(ctx, deps, one);
}

/** Asks for everybody whose groups are older than their provider's time. Several hubs share the work. */
export async function refreshDueGroups(ctx: VerbContext, deps: Deps): Promise<void> {
  for (const { refreshing } of deps.providers.refreshing) {
    if (refreshing === null) continue;
    const { issuer, everySeconds } = refreshing;
    const notSince = new Date(ctx.clock.now().getTime() - everySeconds * 1000);
    for (;;) {
      const due = await dueForRefresh(ctx.db, spellingsOf(issuer), notSince, atOnce);
      const outcomes = await Promise.all(due.map((key) => refreshIfDue(ctx, deps, key, notSince)));
      // A provider that is down is left in peace until the next round, and the others of it stay due.
      if (due.length < atOnce || outcomes.every((outcome) => outcome === "unanswered")) break;
    }
  }
}

async function refreshIfDue(ctx: VerbContext, deps: Deps, key: IdentityKey, notSince: Date): Promise<Outcome> {
  const [claimed] = await claimRefreshes(ctx.db, key, notSince, ctx.clock.now());
  return claimed === undefined ? "answered" : await refreshOne(ctx, deps, claimed);
}

/** The provider's own spelling, which the identities bear, may have a slash at its end that the configuration has not, and the reverse. */
function spellingsOf(issuer: string): readonly string[] {
  const bare = issuer.replace(/\/$/, "");
  return [bare, `${bare}/`];
}

/** Never throws: what can't be refreshed stays as it is until the next time. */
async function refreshOne(ctx: VerbContext, { providers, seal }: Deps, claimed: Refreshable): Promise<Outcome> {
  const kept = openToken(seal, claimed, claimed.sealed);
  const provider = kept === null ? undefined : providers.find(kept.provider);
  try {
    if (kept === null || provider === undefined || provider.refreshing === null) {
      await inTransaction(ctx.db, (tx) => forgetToken(tx, ctx, claimed));
      return "answered";
    }
    const refreshed = await provider.refreshing.refresh(kept.token, claimed.subject);
    const keep = (token: string) => sealToken(seal, claimed, { provider: provider.id, token });
    if (refreshed.kind === "unknown") {
      const because = refreshed.reason;
      ctx.log.warn({ provider: provider.id, because }, "the provider couldn't say who is in which group");
      return "unanswered";
    }
    await inTransaction(ctx.db, (tx) => record(tx, ctx, { provider, claimed, refreshed, keep }));
    return "answered";
  } catch (error) {
    logFailure(ctx, error);
    return "unanswered";
  }
}

type Answer = {
  readonly provider: IdentityProvider;
  readonly claimed: Refreshable;
  readonly refreshed: Exclude<Refreshed, { kind: "unknown" }>;
  keep(token: string): string;
};

async function record(tx: Tx, ctx: VerbContext, { provider, claimed, refreshed, keep }: Answer): Promise<void> {
  const user = await lockUserOfIdentity(tx, claimed.issuer, claimed.subject);
  // Who logged in since has a newer token, and newer groups: this answer is late.
  if (user === undefined || (await lockRefreshToken(tx, claimed)) !== claimed.sealed) return;
  const now = ctx.clock.now();
  if (refreshed.kind === "refused") {
    await storeRefreshToken(tx, claimed, null, now);
    const { left } = await setManagedGroupsOf(tx, user.id, []);
    await recordAudit(tx, ctx, {
      action: "user.refresh-refused",
      target: `user:${user.id}`,
      detail: { name: user.name, provider: provider.id, left },
    });
    return;
  }
  if (refreshed.refreshToken !== null) await storeRefreshToken(tx, claimed, keep(refreshed.refreshToken), now);
  await applyFreshIdentity(tx, ctx, { provider, user, identity: refreshed.identity });
}

/** Sealed with another key, or of a provider that isn't configured any more: it will never open again. */
async function forgetToken(tx: Tx, ctx: VerbContext, claimed: Refreshable): Promise<void> {
  if ((await lockRefreshToken(tx, claimed)) === claimed.sealed)
    await storeRefreshToken(tx, claimed, null, ctx.clock.now());
}

export function logFailure(ctx: Pick<VerbContext, "log">, error: unknown): void {
  ctx.log.warn({ err: error }, "groups couldn't be refreshed; the next time tries again");
}
