/** How long a watch that says it is fresh is believed before everything is listed all the same. */
export const listAtLeastEveryMs = 300_000;

/**
 * Whether everything is listed now. A list of a thousand servers is a full read of the backend and of their records, and a watch that never
 * broke knows the same: so it is asked for when the watch may have missed something, and now and then.
 */
export function isListDue(known: { readonly listedMsAgo: number | null; readonly mayHaveMissed: boolean }): boolean {
  return known.listedMsAgo === null || known.mayHaveMissed || known.listedMsAgo >= listAtLeastEveryMs;
}
