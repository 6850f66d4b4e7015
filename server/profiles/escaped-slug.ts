/** KubeSpawner's scheme before version 7 (escapism): volumes made with it keep their names through `{escaped_username}`. */
export function escapedSlug(name: string): string {
  const escaped = [...Buffer.from(name, "utf8")].map((byte) => {
    const character = String.fromCharCode(byte);
    return /[a-z0-9]/.test(character) ? character : `-${byte.toString(16).padStart(2, "0")}`;
  });
  return escaped.join("");
}
