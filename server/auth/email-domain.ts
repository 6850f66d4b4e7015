/**
 * The domain of an address the provider vouches for, or `null`. `email_verified` must be the boolean: "false" is a truthy
 * string (CVE-2026-55076), and an address with two @ or a look-alike of it has no domain at all (CVE-2026-40574).
 */
export function verifiedEmailDomain(email: unknown, emailVerified: unknown): string | null {
  if (emailVerified !== true || typeof email !== "string" || email.length > 320) return null;
  const match = /^[\x21-\x3f\x41-\x7e]+@([a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)+)$/i.exec(
    email,
  );
  return match?.[1]?.toLowerCase() ?? null;
}
