/** Full jitter (AWS, "Exponential backoff and jitter"): many hubs that lost one API server don't come back in step. */
export function backoffMs(attempt: number, random: () => number, baseMs = 250, maxMs = 10_000): number {
  return random() * Math.min(maxMs, baseMs * 2 ** Math.min(attempt, 20));
}
