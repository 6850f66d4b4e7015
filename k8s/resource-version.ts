/**
 * Which of two versions is newer: below 0 when `a` is the older one. Versions are decimal numbers of any size; the API's documents said "opaque" until
 * KEP-5504 (1.35) wrote down what every etcd-backed server has always done.
 */
export function compareVersions(a: string, b: string): number {
  if (a.length !== b.length) return a.length - b.length;
  return a < b ? -1 : a > b ? 1 : 0;
}
