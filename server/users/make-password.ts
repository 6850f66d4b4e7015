import { randomInt } from "node:crypto";

/** Twenty letters and digits that don't look alike, in groups: more than 90 bits, and can be read out. */
export function makePassword(): string {
  const letters = "abcdefghjkmnpqrstuvwxyz23456789";
  const group = () => Array.from({ length: 5 }, () => letters[randomInt(letters.length)]).join("");
  return [group(), group(), group(), group()].join("-");
}
