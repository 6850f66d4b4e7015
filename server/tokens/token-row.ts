import type { Token } from "#db/tokens.ts";
import type { TokenRow } from "../api/views.ts";

export function tokenRowOf(token: Token): TokenRow {
  const { id, prefix, note, scopes, createdAt, expiresAt, lastUsedAt } = token;
  return { id, prefix, note, scopes, createdAt, expiresAt, lastUsedAt };
}
