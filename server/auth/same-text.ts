import { timingSafeEqual } from "node:crypto";

/** Whether two secrets are the same, in a time that doesn't tell how much of them is. */
export function sameText(one: string, other: string): boolean {
  const left = Buffer.from(one);
  const right = Buffer.from(other);
  return left.length === right.length && timingSafeEqual(left, right);
}
