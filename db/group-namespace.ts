import { and, eq, isNull, sql } from "drizzle-orm";
import type { Tx } from "./client.ts";
import { groups, namespaces } from "./schema/groups.ts";

/**
 * Gives a group its namespace, once: `wanted`, or `otherwise` where another group has or had that one. Returns the one it has, also when
 * somebody else gave it meanwhile. Locks the group's row.
 */
export async function giveNamespace(
  tx: Tx,
  groupId: string,
  name: { readonly wanted: string; readonly otherwise: string },
): Promise<string> {
  const taken = sql`exists (select 1 from ${groups} g where g.namespace = ${name.wanted} and g.id <> ${groupId})
    or exists (select 1 from ${namespaces} n where n.name = ${name.wanted} and n.group_id is distinct from ${groupId}::uuid)`;
  await tx
    .update(groups)
    .set({ namespace: sql`case when ${taken} then ${name.otherwise} else ${name.wanted} end` })
    .where(and(eq(groups.id, groupId), isNull(groups.namespace)));
  const [row] = await tx.select({ namespace: groups.namespace }).from(groups).where(eq(groups.id, groupId));
  if (row === undefined || row.namespace === null) throw new Error("giveNamespace: the group is gone");
  return row.namespace;
}
