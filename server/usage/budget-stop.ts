/** What becomes of a running server whose group stops what has spent its budget. */
export type BudgetStopDecision =
  | { readonly do: "keep" }
  | { readonly do: "warn"; readonly at: Date }
  | { readonly do: "clear-warning" }
  | { readonly do: "stop" };

export type BudgetStopFacts = {
  readonly isSpent: boolean;
  /** The stop that is announced, for whatever reason. */
  readonly announced: { readonly at: Date; readonly why: string | null } | null;
  /** For how long this hub has itself seen that announcement, by a clock that doesn't jump. */
  readonly seenForMs: number;
  readonly now: Date;
  readonly warnSeconds: number;
};

/** Nothing is stopped that wasn't warned for the whole time; a stop announced for another reason is left to whoever announced it. */
export function decideBudgetStop(facts: BudgetStopFacts): BudgetStopDecision {
  const { isSpent, announced, seenForMs, now, warnSeconds } = facts;
  const warnMs = warnSeconds * 1000;
  if (announced !== null && announced.why !== "budget") return { do: "keep" };
  if (!isSpent) return announced === null ? { do: "keep" } : { do: "clear-warning" };
  if (announced === null) return { do: "warn", at: new Date(now.getTime() + warnMs) };
  return now >= announced.at && seenForMs >= warnMs ? { do: "stop" } : { do: "keep" };
}
