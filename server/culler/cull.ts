import type { QuietWindow } from "./quiet-hours.ts";
import type { EffectiveRule } from "./rule.ts";

/** Why a server is stopped by itself; the same words as in `LastStop`. */
export const cullReasons = ["idle", "max-age", "quiet-hours"] as const;
export type CullReason = (typeof cullReasons)[number];

/** `unknown` (it didn't answer) is never read as idle. */
export type Activity =
  | { readonly kind: "idle"; readonly forMs: number }
  | { readonly kind: "busy" }
  | { readonly kind: "unknown" };

/** What was announced, and for how long this culler has itself seen it announced, by a clock that doesn't jump. */
export type Announcement = { readonly stopAtMs: number; readonly why: string; readonly seenForMs: number };

export type CullFacts = {
  readonly nowMs: number;
  readonly activity: Activity;
  readonly ageMs: number;
  readonly rule: EffectiveRule;
  readonly quietWindow: QuietWindow | null;
  readonly keepUntilMs: number | null;
  readonly announced: Announcement | null;
  readonly warnSeconds: number;
};

export type CullDecision =
  | { readonly do: "keep" }
  | { readonly do: "warn"; readonly stopAtMs: number; readonly why: CullReason }
  | { readonly do: "stop"; readonly why: CullReason }
  | { readonly do: "clear-warning" };

type Due = { readonly why: CullReason; readonly atMs: number; readonly warnMs: number };

/** Two looks at one moment differ by the rounding of two clocks. */
const roundingMs = 1000;

/**
 * What becomes of a ready server now. Nothing is stopped that wasn't announced for the whole warning, watched by this culler, for
 * the very reason that still holds: so a clock that jumps can announce too early, and never stop too early.
 */
export function decideCull(facts: CullFacts): CullDecision {
  const { nowMs, announced } = facts;
  const due = earliest([idleDue(facts), ageDue(facts), quietDue(facts)]);
  if (due === null || due.atMs - nowMs > due.warnMs)
    return announced === null ? { do: "keep" } : { do: "clear-warning" };
  if (announced === null || announced.why !== due.why || due.atMs > announced.stopAtMs + roundingMs)
    return { do: "warn", stopAtMs: Math.max(due.atMs, nowMs + due.warnMs), why: due.why };
  const isOver = nowMs >= announced.stopAtMs && announced.seenForMs >= due.warnMs - roundingMs;
  return isOver ? { do: "stop", why: due.why } : { do: "keep" };
}

/** A short idle time is warned of at half of it: else a server would be under a warning from its first quiet moment. */
export function warningMs(warnSeconds: number, ruleSeconds: number): number {
  return Math.min(warnSeconds * 1000, (ruleSeconds * 1000) / 2);
}

function idleDue({ nowMs, activity, rule, keepUntilMs, warnSeconds }: CullFacts): Due | null {
  if (rule.idleSeconds === null || activity.kind !== "idle") return null;
  const atMs = nowMs + rule.idleSeconds * 1000 - activity.forMs;
  return { why: "idle", atMs: Math.max(atMs, keepUntilMs ?? atMs), warnMs: warningMs(warnSeconds, rule.idleSeconds) };
}

/** Nobody's wish to keep a server goes beyond its maximum age. */
function ageDue({ nowMs, ageMs, rule, warnSeconds }: CullFacts): Due | null {
  if (rule.maxAgeSeconds === null) return null;
  const atMs = nowMs + rule.maxAgeSeconds * 1000 - ageMs;
  return { why: "max-age", atMs, warnMs: warningMs(warnSeconds, rule.maxAgeSeconds) };
}

function quietDue({ quietWindow, keepUntilMs, warnSeconds }: CullFacts): Due | null {
  if (quietWindow === null || (keepUntilMs ?? 0) >= quietWindow.endMs) return null;
  return {
    why: "quiet-hours",
    atMs: Math.max(quietWindow.startMs, keepUntilMs ?? quietWindow.startMs),
    warnMs: warnSeconds * 1000,
  };
}

function earliest(dues: readonly (Due | null)[]): Due | null {
  let first: Due | null = null;
  for (const due of dues) if (due !== null && (first === null || due.atMs < first.atMs)) first = due;
  return first;
}
