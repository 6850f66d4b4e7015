const longestMs = 30_000;

/**
 * How long to wait before the `attempt`-th try in a row (from 1) of what didn't work. Twice as long each time; up to a half is chance, so
 * that what failed together isn't asked for together.
 */
export function retryPauseMs(baseMs: number, attempt: number, chance: number): number {
  const wholeMs = Math.min(Math.max(baseMs, longestMs), baseMs * 2 ** Math.min(attempt - 1, 30));
  return attempt === 1 ? wholeMs : wholeMs * (1 - chance / 2);
}
