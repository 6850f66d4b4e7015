import { bigint, index, pgTable, text, unique, uuid } from "drizzle-orm/pg-core";
import { at, createdAt, id } from "./columns.ts";
import { groups } from "./groups.ts";
import { users } from "./people.ts";

export const homes = pgTable(
  "homes",
  {
    id: id(),
    userId: uuid("user_id")
      .notNull()
      .references(() => users.id),
    /** The server this home belongs to; null when the user's servers share it. */
    serverId: uuid("server_id"),
    namespace: text("namespace").notNull(),
    /** The claim's or folder's name, made once and stored: never recomputed. */
    name: text("name").notNull(),
    /** UID of the claim once seen; a claim of another UID under this name is refused, never used. */
    claimUid: text("claim_uid"),
    capacityBytes: bigint("capacity_bytes", { mode: "number" }).notNull(),
    groupId: uuid("group_id").references(() => groups.id, { onDelete: "set null" }),
    /** What its files take, where the backend can tell. */
    usedBytes: bigint("used_bytes", { mode: "number" }),
    usedSeenAt: at("used_seen_at"),
    createdAt: createdAt(),
    lastUsedAt: at("last_used_at"),
    /** Nobody's any more: its group or user went. The volume is kept until an admin decides. */
    orphanedAt: at("orphaned_at"),
    /** Deleted by somebody, undoable until `removeAfter`; then the claim goes and `removedAt` is set. */
    deletedAt: at("deleted_at"),
    removeAfter: at("remove_after"),
    removedAt: at("removed_at"),
  },
  (t) => [
    unique("homes_name").on(t.namespace, t.name),
    index("homes_user").on(t.userId),
    index("homes_group").on(t.groupId),
  ],
);
