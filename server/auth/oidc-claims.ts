import type { OidcProvider } from "../config/schema.ts";
import { normaliseUserName, userNameProblem } from "../servers/names.ts";
import { verifiedEmailDomain } from "./email-domain.ts";
import type { ExternalIdentity } from "./external-identity.ts";

export type Claims = Readonly<Record<string, unknown>>;

type ClaimSettings = Pick<OidcProvider, "usernameClaim" | "groupsClaim">;

const maximalGroups = 1000;

/** What the claims say about who `iss` and `sub`, both proven, are. */
export function identityFromClaims(
  provider: ClaimSettings,
  claims: Claims & { readonly iss: string; readonly sub: string },
): ExternalIdentity {
  return {
    issuer: claims.iss,
    subject: claims.sub,
    name: nameFrom(provider.usernameClaim, claims),
    groups: provider.groupsClaim === undefined ? null : groupsFrom(claimAt(claims, provider.groupsClaim)),
    verifiedEmailDomain: verifiedEmailDomain(claims.email, claims.email_verified),
  };
}

/** The claims a decision needs and the id_token left out: then, and only then, the userinfo endpoint is asked. */
export function lacksClaims(
  provider: ClaimSettings & Pick<OidcProvider, "allowedEmailDomains">,
  claims: Claims,
): boolean {
  if (claimAt(claims, provider.usernameClaim) === undefined) return true;
  if (provider.groupsClaim !== undefined && claimAt(claims, provider.groupsClaim) === undefined) return true;
  return provider.allowedEmailDomains !== undefined && claims.email === undefined;
}

function nameFrom(usernameClaim: string, claims: Claims): string | null {
  const value = claimAt(claims, usernameClaim);
  if (typeof value !== "string") return null;
  // Anybody can write somebody else's address into a profile (CVE-2026-33175).
  if (usernameClaim === "email" && verifiedEmailDomain(value, claims.email_verified) === null) return null;
  const name = normaliseUserName(value);
  return userNameProblem(name) === null ? name : null;
}

/** A list of texts or nothing: one text instead of a list isn't a list of one (CVE-2018-7206). */
function groupsFrom(value: unknown): readonly string[] | null {
  if (!Array.isArray(value) || value.length > maximalGroups) return null;
  const groups = new Set<string>();
  for (const entry of value as readonly unknown[]) {
    if (typeof entry !== "string" || entry.length > 255) return null;
    if (entry.trim() !== "") groups.add(entry.trim());
  }
  return [...groups];
}

/** `groups`, or a path as in Keycloak's `realm_access.roles`. A claim whose own name has dots (a URL) comes first. */
function claimAt(claims: Claims, path: string): unknown {
  if (Object.hasOwn(claims, path)) return claims[path];
  let value: unknown = claims;
  for (const part of path.split(".")) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, part)) return undefined;
    value = (value as Claims)[part];
  }
  return value;
}
