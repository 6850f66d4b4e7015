/** Time, handed in. The hub's `Clock` fits; this folder imports nothing of the hub. */
export interface Time {
  now(): Date;
  monotonicMs(): number;
  /** Rejects when the signal aborts. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}
