import type { CullRule, QuietHours } from "#db/schema/settings.ts";
import type { Config } from "#server/config/schema.ts";

/** What holds for one server. `null`: never. */
export type EffectiveRule = {
  readonly idleSeconds: number | null;
  readonly maxAgeSeconds: number | null;
  readonly quietHours: readonly QuietHours[];
};

/** Between what somebody may choose an idle time. `max` null: as long as they like, or never. */
export type IdleBounds = { readonly min: number; readonly max: number | null };

/** A profile's own `cull`. Absent: the hub's. 0: never. */
export type ProfileCull = { readonly timeout?: number | undefined; readonly maxAge?: number | undefined };

export type RuleSources = {
  readonly cull: Config["cull"];
  readonly profile: ProfileCull | null;
  readonly group: CullRule | null;
  readonly user: CullRule;
};

/**
 * One rule out of four. The admin's bounds hold for everybody; profile and group each say how long is long enough, and the shorter
 * holds; a user may choose anything inside what those leave. Who says nothing leaves the question to the one before. A maximum
 * age is the shortest that anybody gave; quiet hours add up.
 */
export function effectiveRule({ cull, profile, group, user }: RuleSources): EffectiveRule {
  const bounds = idleBounds({ cull, profile, group });
  const usual = shorter(idleOf(profile), group?.idleSeconds) ?? (isExempt(profile) ? null : cull.timeout);
  const profileAge = profile?.maxAge ?? cull.maxAge;
  return {
    idleSeconds: user.idleSeconds === undefined ? within(usual, bounds) : within(user.idleSeconds, bounds),
    maxAgeSeconds: shorter(
      shorter(profileAge === 0 ? undefined : profileAge, group?.maxAgeSeconds),
      user.maxAgeSeconds,
    ),
    quietHours: [...cull.quietHours, ...(group?.quietHours ?? []), ...(user.quietHours ?? [])],
  };
}

/** What a user may choose for a server of this profile and group. */
export function idleBounds({ cull, profile, group }: Omit<RuleSources, "user">): IdleBounds {
  const admin = isExempt(profile) ? null : (cull.maxTimeout ?? idleOf(profile) ?? cull.timeout);
  const max = shorter(shorter(idleOf(profile), group?.idleSeconds), admin);
  const min = smallest(cull);
  return { min, max: max === null ? null : Math.max(max, min) };
}

/** What anybody may choose: groups' managers for their group, and users before profile and group are known. */
export function adminBounds(cull: Config["cull"]): IdleBounds {
  return { min: smallest(cull), max: cull.maxTimeout ?? cull.timeout };
}

/** So that nobody is stopped over a coffee, unless the admin says so. */
function smallest({ minTimeout, timeout }: Config["cull"]): number {
  return minTimeout ?? Math.min(300, timeout);
}

function isExempt(profile: ProfileCull | null): boolean {
  return profile?.timeout === 0;
}

function idleOf(profile: ProfileCull | null): number | undefined {
  return isExempt(profile) ? undefined : profile?.timeout;
}

function shorter(a: number | null | undefined, b: number | null | undefined): number | null {
  const said = [a, b].filter((seconds) => typeof seconds === "number");
  return said.length === 0 ? null : Math.min(...said);
}

function within(seconds: number | null, { min, max }: IdleBounds): number | null {
  if (seconds === null) return max;
  return Math.min(Math.max(seconds, min), max ?? Number.POSITIVE_INFINITY);
}
