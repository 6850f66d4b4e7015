/** What a token may be made for. `null` is everything its owner may do; for `chosen` the scopes are written out. */
export const scopeChoices = ["all", "servers", "look", "chosen"] as const;
export type ScopeChoice = (typeof scopeChoices)[number];

export function scopesFor(choice: ScopeChoice, userName: string, written: string): string[] | null {
  const own = (...names: readonly string[]) => names.map((name) => `${name}!user=${userName}`);
  switch (choice) {
    case "all":
      return null;
    case "servers":
      return own("read:users", "servers", "access:servers");
    case "look":
      return own("read:users", "read:servers", "read:usage");
    case "chosen":
      return written.split(/[\s,]+/).filter((scope) => scope !== "");
  }
}
