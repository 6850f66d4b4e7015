import { safeNext } from "#server/auth/next-url.ts";
import type { SignInAnswer } from "#server/internal/messages.ts";

/** Why somebody is on the login page again; each has a sentence in the catalogue. */
const loginErrors = ["wrong", "throttled", "not-allowed", "disabled", "provider", "expired", "unavailable"] as const;
export type LoginError = (typeof loginErrors)[number];

type Refused = Extract<SignInAnswer, { kind: "refused" }>;

export function loginUrlFor(refused: Refused | { readonly code: "unavailable" }, next: string): string {
  const query = new URLSearchParams({ error: refused.code });
  if ("retryAfterSeconds" in refused && refused.retryAfterSeconds !== null) {
    query.set("retry", String(refused.retryAfterSeconds));
  }
  if (next !== "/hub/home") query.set("next", next);
  return `/hub/login?${query}`;
}

/** next-auth has codes of its own, for what went wrong before the hub was asked. */
export function loginErrorOf(value: string | undefined): LoginError | null {
  if (value === undefined) return null;
  return loginErrors.find((code) => code === value) ?? "provider";
}

/** A callback URL as next-auth keeps it (absolute), as the path to go to. */
export function nextOf(callbackUrl: string | undefined, publicUrl: string): string {
  const origin = new URL(publicUrl).origin;
  const inside = callbackUrl?.startsWith(`${origin}/`) === true ? callbackUrl.slice(origin.length) : callbackUrl;
  return safeNext(inside, publicUrl);
}
