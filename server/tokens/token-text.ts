import { createHash, randomInt } from "node:crypto";
import { crc32 } from "node:zlib";

const digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const shape = /^berth_([0-9A-Za-z]{32})([0-9A-Za-z]{6})$/;

/**
 * `berth_`, 32 random characters (190 bits), 6 of a checksum: scanners for leaked secrets know the prefix and can tell a
 * real token from a word that looks like one, and what was mistyped never reaches the database.
 */
export function makeTokenText(): string {
  const random = Array.from({ length: 32 }, () => digits[randomInt(digits.length)]).join("");
  return `berth_${random}${checksumOf(random)}`;
}

export function isTokenText(text: string): boolean {
  const [, random = "", checksum] = shape.exec(text) ?? [];
  return checksum !== undefined && checksumOf(random) === checksum;
}

/** A fast hash does for what nobody can guess. */
export function hashOfToken(text: string): string {
  return createHash("sha256").update(text).digest("base64url");
}

/** What a list shows, so that people recognise a token. */
export function prefixOfToken(text: string): string {
  return text.slice(0, "berth_".length + 4);
}

function checksumOf(random: string): string {
  let rest = crc32(random);
  let text = "";
  for (let position = 0; position < 6; position++) {
    text = `${digits[rest % digits.length]}${text}`;
    rest = Math.floor(rest / digits.length);
  }
  return text;
}
