import { createHash } from "node:crypto";

/** KubeSpawner 7's slugs (kubespawner/slugs.py): always valid for Kubernetes, never the same for two names. */

const hashLength = 8;
/** KubeSpawner's `_slug_max_length`: leaves room for what templates put around a slug. */
const templateSlugLength = 48;

export function safeSlug(name: string, maxLength = templateSlugLength): string {
  const valid = /^[a-z][a-z0-9-]*$/.test(name) && !name.endsWith("-") && name.length <= Math.min(maxLength, 63);
  return valid && !name.includes("--") ? name : `${extractSafeName(name, maxLength - hashLength - 3)}---${hashOf([name])}`;
}

/** `{user_server}`: the two slugs joined, or shortened with one hash over both where that would be too long. */
export function userServerSlug(userName: string, serverName: string): string {
  const user = safeSlug(userName);
  const server = serverName === "" ? "" : safeSlug(serverName);
  if (user.length + server.length + 2 > templateSlugLength) return multiSlug([userName, serverName]);
  return server === "" ? user : `${user}--${server}`;
}

function multiSlug(names: readonly string[]): string {
  const perName = Math.floor((templateSlugLength - (hashLength + 1)) / names.length) - 2;
  return `${names.map((name) => extractSafeName(name, perName)).join("--")}---${hashOf(names)}`;
}

/** The scheme before KubeSpawner 7 (escapism): homes and volumes made with it keep their names. */
export function escapedSlug(name: string): string {
  const escaped = [...Buffer.from(name, "utf8")].map((byte) => {
    const character = String.fromCharCode(byte);
    return /[a-z0-9]/.test(character) ? character : `-${byte.toString(16).padStart(2, "0")}`;
  });
  return escaped.join("");
}

function extractSafeName(name: string, maxLength: number): string {
  const hyphenated = name.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-").replace(/^-+/, "");
  const cut = hyphenated.slice(0, maxLength).replace(/-+$/, "");
  if (cut === "") return "x";
  return /^[a-z]/.test(cut) ? cut : `x-${cut.slice(0, maxLength - 2)}`;
}

/** 0xFF never occurs in UTF-8, so it separates names without doubt. */
function hashOf(names: readonly string[]): string {
  const hash = createHash("sha256");
  names.forEach((name, index) => {
    if (index > 0) hash.update(Buffer.of(0xff));
    hash.update(name, "utf8");
  });
  return hash.digest("hex").slice(0, hashLength);
}
