import { and, desc, eq, gt, isNull, lte, or, sql } from "drizzle-orm";
import type { Db, Tx } from "./client.ts";
import { announcementDismissals, announcements, groupMembers, groups } from "./schema/groups.ts";

export type Announcement = typeof announcements.$inferSelect & { readonly group: string | null };

export async function insertAnnouncement(tx: Tx, values: typeof announcements.$inferInsert): Promise<string> {
  const [row] = await tx.insert(announcements).values(values).returning({ id: announcements.id });
  if (row === undefined) throw new Error("the database kept no announcement");
  return row.id;
}

type Change = Partial<Omit<typeof announcements.$inferInsert, "id" | "createdAt" | "createdBy">>;

export async function updateAnnouncement(tx: Tx, id: string, change: Change): Promise<boolean> {
  const rows = await tx
    .update(announcements)
    .set(change)
    .where(eq(announcements.id, id))
    .returning({ id: announcements.id });
  return rows.length === 1;
}

export async function deleteAnnouncement(tx: Tx, id: string): Promise<boolean> {
  const rows = await tx.delete(announcements).where(eq(announcements.id, id)).returning({ id: announcements.id });
  return rows.length === 1;
}

const withGroup = () => ({
  id: announcements.id,
  message: announcements.message,
  severity: announcements.severity,
  groupId: announcements.groupId,
  startsAt: announcements.startsAt,
  endsAt: announcements.endsAt,
  dismissible: announcements.dismissible,
  createdBy: announcements.createdBy,
  createdAt: announcements.createdAt,
  group: groups.name,
});

export async function listAnnouncements(db: Db, limit: number, offset: number): Promise<Announcement[]> {
  return await db
    .select(withGroup())
    .from(announcements)
    .leftJoin(groups, eq(groups.id, announcements.groupId))
    .orderBy(desc(announcements.startsAt), desc(announcements.id))
    .limit(limit)
    .offset(offset);
}

const inForce = (now: Date) =>
  and(lte(announcements.startsAt, now), or(isNull(announcements.endsAt), gt(announcements.endsAt, now)));

/** What this user is to see now: for everybody or their groups, and not dismissed by them. Null: what anybody may see. */
export async function announcementsFor(db: Db, userId: string | null, now: Date): Promise<Announcement[]> {
  const mine = sql`${announcements.groupId} in (select ${groupMembers.groupId} from ${groupMembers} where ${groupMembers.userId} = ${userId})`;
  const dismissed = sql`exists (select 1 from ${announcementDismissals} where ${announcementDismissals.announcementId} = ${announcements.id}
    and ${announcementDismissals.userId} = ${userId})`;
  return await db
    .select(withGroup())
    .from(announcements)
    .leftJoin(groups, eq(groups.id, announcements.groupId))
    .where(
      and(
        inForce(now),
        userId === null ? isNull(announcements.groupId) : or(isNull(announcements.groupId), mine),
        userId === null ? undefined : sql`not (${announcements.dismissible} and ${dismissed})`,
      ),
    )
    .orderBy(desc(announcements.severity), desc(announcements.startsAt));
}

export async function dismissAnnouncement(tx: Tx, id: string, userId: string): Promise<void> {
  await tx.insert(announcementDismissals).values({ announcementId: id, userId }).onConflictDoNothing();
}
