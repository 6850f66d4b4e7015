import type { Tx } from "#db/client.ts";
import { insertIdentity, lockUserOfIdentity } from "#db/identities.ts";
import { setManagedGroupsOf } from "#db/managed-groups.ts";
import type { StreamRecord } from "#db/stream.ts";
import { insertUser, type User } from "#db/users.ts";
import { recordAudit } from "../audit/record.ts";
import { applyAdmin } from "../users/apply-admin.ts";
import type { VerbContext } from "../verb-context.ts";
import { admittanceOf } from "./allowed.ts";
import type { ExternalIdentity } from "./external-identity.ts";
import type { IdentityProvider } from "./providers.ts";

export type Admitted =
  | { readonly kind: "user"; readonly user: User; readonly changes: readonly StreamRecord[] }
  | { readonly kind: "refused"; readonly code: "not-allowed" | "disabled"; readonly reason: string };

const refused = (reason: string, code: "not-allowed" | "disabled" = "not-allowed"): Admitted => ({
  kind: "refused",
  code,
  reason,
});

/**
 * Finds or makes the user of a proven identity. Whoever is known is judged by the name they have here: a name given up at
 * the provider and taken by another opens nothing. Whoever is new gets a name only if nobody has it, by whatever proof.
 */
export async function admitIdentity(
  tx: Tx,
  ctx: VerbContext,
  provider: IdentityProvider,
  identity: ExternalIdentity,
): Promise<Admitted> {
  const known = await lockUserOfIdentity(tx, identity.issuer, identity.subject);
  const name = known?.name ?? identity.name;
  if (name === null) return refused("no usable user name in the claims");
  const admittance = admittanceOf(provider.rules, { ...identity, name });
  if (admittance.kind === "denied") return refused(`denied: ${admittance.reason}`);
  const user = known ?? (await makeUser(tx, ctx, identity, name));
  if (user === null) return refused("the name belongs to another account");
  if (user.disabledAt !== null) return refused("disabled", "disabled");
  if (provider.managesGroups) await setManagedGroupsOf(tx, user.id, identity.groups ?? []);
  if (admittance.admin === null) return { kind: "user", user, changes: [] };
  return { kind: "user", ...(await applyAdmin(tx, ctx, user, admittance.admin)) };
}

async function makeUser(tx: Tx, ctx: VerbContext, identity: ExternalIdentity, name: string): Promise<User | null> {
  const { issuer, subject } = identity;
  const user = await insertUser(tx, { name, admin: false, passwordHash: null });
  // Taken: by this very identity, when two of its first logins came at once; else by somebody else.
  if (user === undefined) return (await lockUserOfIdentity(tx, issuer, subject)) ?? null;
  await insertIdentity(tx, issuer, subject, user.id);
  await recordAudit(tx, ctx, {
    action: "user.create",
    target: `user:${user.id}`,
    detail: { name, issuer, subject },
  });
  return user;
}
