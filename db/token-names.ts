import { and, isNull, type SQL, sql } from "drizzle-orm";
import type { Tx } from "./client.ts";
import { tokens } from "./schema/people.ts";

export type Named =
  | { readonly group: string }
  /** With every server of theirs. */
  | { readonly user: string }
  | { readonly server: { readonly user: string; readonly name: string } };

/**
 * Ends the tokens whose scopes name this group, user or server. A name is a label: whatever bears it later must not come under what was
 * given for this one (GHSA-mj6q-mp44-53v8).
 */
export async function revokeTokensNaming(tx: Tx, named: Named, at: Date): Promise<{ id: string }[]> {
  const naming = sql`exists (select 1 from jsonb_array_elements_text(${tokens.scopes}) scope,
    substring(scope from position('!' in scope) + 1) filter where ${filterIs(named)})`;
  return await tx
    .update(tokens)
    .set({ revokedAt: at })
    .where(and(isNull(tokens.revokedAt), naming))
    .returning({ id: tokens.id });
}

function filterIs(named: Named): SQL {
  if ("group" in named) return sql`filter = ${`group=${named.group}`}`;
  if ("server" in named) return sql`filter = ${`server=${named.server.user}/${named.server.name}`}`;
  // A user's name may hold a slash, a server's doesn't: “a/b” is no server of “a”.
  const theirs = `server=${named.user}/`;
  return sql`(filter = ${`user=${named.user}`} or starts_with(filter, ${theirs})
    and position('/' in substring(filter from length(${theirs}) + 1)) = 0)`;
}
