import type { Db } from "#db/client.ts";
import { countsOfGroups, type Group, type GroupCounts } from "#db/groups.ts";
import type { GroupRow } from "../api/group-views.ts";

const nothing: GroupCounts = { members: 0, managers: [], activeServers: 0 };

/** What a list shows of these groups: three more queries however many they are. */
export async function groupRowsOf(db: Db, found: readonly Group[]): Promise<GroupRow[]> {
  const ids = found.map((group) => group.id);
  const counts = await countsOfGroups(db, ids);
  return found.map((group) => groupRow(group, counts.get(group.id) ?? nothing));
}

export async function groupRowOf(db: Db, group: Group): Promise<GroupRow> {
  const counts = await countsOfGroups(db, [group.id]);
  return groupRow(group, counts.get(group.id) ?? nothing);
}

function groupRow(group: Group, counts: GroupCounts): GroupRow {
  const { id, name, description, managed, createdAt, undoUntil } = group;
  return { id, name, description, managed, createdAt, undoUntil, ...counts };
}
