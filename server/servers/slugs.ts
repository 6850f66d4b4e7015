import { createHash } from "node:crypto";

/**
 * KubeSpawner 7's safe slugs, character for character (kubespawner/slugs.py), so that homes made by it are found again.
 * Promises: valid for any text; no two texts share a slug (but for 32 bits of hash, so whoever uses a name also checks
 * whose the object is).
 */
const hashLength = 8;
/** Names that could be mistaken for a slug's own `--` and `---` are always hashed. */
const objectName = /^(?!.*--)[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
const labelValue = /^(?!.*--)(?:[A-Za-z0-9](?:[A-Za-z0-9._-]{0,61}[A-Za-z0-9])?)?$/;

/** The text itself where it is a safe object name of at most `maxLength`, else a readable part and a hash. */
export function safeSlug(text: string, maxLength = 48): string {
  return objectName.test(text) && text.length <= maxLength ? text : stripAndHash(text, maxLength);
}

/** A label's value that stands for any text. The raw text goes into the annotation of the same key. */
export function labelValueFor(text: string): string {
  return labelValue.test(text) ? text : stripAndHash(text, 32);
}

/** Several texts in one slug with one hash at the end. */
export function multiSlug(texts: readonly string[], maxLength = 48): string {
  const perName = Math.floor((maxLength - hashLength - 1) / texts.length) - 2;
  if (perName < 2) throw new RangeError(`${texts.length} names don't fit into ${maxLength} characters`);
  // A byte 0xff never occurs in UTF-8: "ab","c" and "a","bc" can't meet.
  const hash = createHash("sha256");
  for (const [index, text] of texts.entries()) {
    if (index > 0) hash.update(Uint8Array.of(0xff));
    hash.update(text, "utf8");
  }
  const readable = texts.map((text) => readablePart(text, perName)).join("--");
  return `${readable}---${hash.digest("hex").slice(0, hashLength)}`;
}

/** One slug for a user's server; `""` is the default server. */
export function userServerSlug(userName: string, serverName: string, maxLength = 48): string {
  const user = safeSlug(userName, maxLength);
  const server = serverName === "" ? "" : safeSlug(serverName, maxLength);
  if (user.length + server.length + 2 > maxLength) return multiSlug([userName, serverName], maxLength);
  return server === "" ? user : `${user}--${server}`;
}

export function stripAndHash(text: string, maxLength: number): string {
  const readableLength = maxLength - hashLength - 3;
  if (readableLength < 1) throw new RangeError(`a safe name needs at least ${hashLength + 4} characters`);
  const hash = createHash("sha256").update(text, "utf8").digest("hex").slice(0, hashLength);
  return `${readablePart(text, readableLength)}---${hash}`;
}

/** What people recognise: lower-case letters, digits and single hyphens, starting with a letter, never empty. */
export function readablePart(text: string, maxLength: number): string {
  const stripped = text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-/, "")
    .slice(0, maxLength)
    .replace(/-$/, "");
  if (stripped === "") return "x";
  return /^[a-z]/.test(stripped) ? stripped : `x-${stripped.slice(0, maxLength - 2)}`;
}
