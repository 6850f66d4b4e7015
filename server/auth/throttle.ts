import { isIPv6 } from "node:net";
import { countAttempt, uncountAttempts } from "#db/login-attempts.ts";
import type { VerbContext } from "../verb-context.ts";

export type Limit = { readonly key: string; readonly attempts: number; readonly windowSeconds: number };

/** No limit lasts longer than this, whatever somebody else does to a user's name or address. */
export const longestLockoutSeconds = 300;

/**
 * What a login is counted against. Who came from this address before isn't held up by what others do to their name from
 * elsewhere, only by their own mistakes; and a lecture hall behind one address isn't taken for an attacker.
 */
export function limitsFor(login: { readonly user: string; readonly client: string; readonly known: boolean }): Limit[] {
  const client = networkOf(login.client);
  const byClient = { key: `client:${client}`, attempts: login.known ? 300 : 30, windowSeconds: 300 };
  const byName = login.known ? `pair:${login.user}|${client}` : `user:${login.user}`;
  return [byClient, { key: byName, attempts: 10, windowSeconds: 60 }];
}

/** Logins through a provider cost the hub a request; nobody's password is tried. */
export function limitsForProvider(client: string): Limit[] {
  return [{ key: `provider:${networkOf(client)}`, attempts: 120, windowSeconds: 60 }];
}

/** One customer has a whole /64 of IPv6 addresses to come from. */
export function networkOf(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined) return mapped;
  if (!isIPv6(address)) return address.slice(0, 64);
  const [head = "", tail] = address.split("%")[0]?.split("::") ?? [];
  const left = head.split(":").filter((part) => part !== "");
  const right = (tail ?? "").split(":").filter((part) => part !== "");
  const gap = tail === undefined ? 0 : 8 - left.length - right.length;
  const all = [...left, ...Array<string>(Math.max(0, gap)).fill("0"), ...right];
  return `${all
    .slice(0, 4)
    .map((part) => Number.parseInt(part, 16).toString(16))
    .join(":")}::/64`;
}

export type Admission =
  | { readonly kind: "admitted"; readonly counted: readonly string[] }
  | { readonly kind: "throttled"; readonly retryAfterSeconds: number };

/** Counts the attempt, wider limits first, and says whether it may go on. What is refused early is counted no further. */
export async function admitAttempt(
  ctx: Pick<VerbContext, "db" | "clock">,
  limits: readonly Limit[],
): Promise<Admission> {
  const now = ctx.clock.now();
  const counted: string[] = [];
  for (const limit of limits) {
    const { attempts, windowStart } = await countAttempt(ctx.db, limit.key, limit.windowSeconds, now);
    if (attempts > limit.attempts) {
      const endsAt = windowStart.getTime() + limit.windowSeconds * 1000;
      return { kind: "throttled", retryAfterSeconds: Math.max(1, Math.ceil((endsAt - now.getTime()) / 1000)) };
    }
    counted.push(limit.key);
  }
  return { kind: "admitted", counted };
}

/** The attempt was right: it no longer counts. */
export async function forgiveAttempt(ctx: Pick<VerbContext, "db">, admission: Admission): Promise<void> {
  if (admission.kind === "admitted") await uncountAttempts(ctx.db, admission.counted);
}
