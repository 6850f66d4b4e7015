/**
 * How long something lasts, told by two clocks: the wall clock, in which the database speaks and which may jump, and one that only
 * this process knows and that never does. The shorter answer holds.
 */
export type Steady = {
  /** What began: another one begins anew, even at an earlier time by a clock that was put back. */
  readonly what: string;
  readonly sinceMs: number;
  readonly creditMs: number;
  readonly fromMonotonicMs: number;
};

export type Moment = {
  readonly nowMs: number;
  readonly monotonicMs: number;
  /** Time since the last look, by the clock that doesn't jump; `null` at the first. */
  readonly sinceLastLookMs: number | null;
  /** No look was left out since the last one: neither this process nor the database was away, and activity was heard of. */
  readonly isContinuous: boolean;
};

/**
 * `sinceMs` is when it began, by the wall clock. What began since the last look can't have lasted longer than that, whatever the
 * wall clock says; only at the first look is it taken at its word.
 */
export function observe(before: Steady | undefined, what: string, sinceMs: number, moment: Moment): Steady {
  if (before !== undefined && before.what === what) return before;
  const byWallClock = Math.max(0, moment.nowMs - sinceMs);
  const creditMs = Math.min(byWallClock, moment.sinceLastLookMs ?? byWallClock);
  return { what, sinceMs, creditMs, fromMonotonicMs: moment.monotonicMs };
}

export function lastedMs(steady: Steady, moment: Moment): number {
  const byWallClock = Math.max(0, moment.nowMs - steady.sinceMs);
  return Math.min(byWallClock, moment.monotonicMs - steady.fromMonotonicMs + steady.creditMs);
}
