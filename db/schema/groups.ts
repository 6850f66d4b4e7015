import { sql } from "drizzle-orm";
import { boolean, index, jsonb, pgTable, primaryKey, text, uniqueIndex, uuid } from "drizzle-orm/pg-core";
import { at, createdAt, id } from "./columns.ts";
import { users } from "./people.ts";
import type { Amounts, Budget, CullRule, MemberLimits, SharedVolume } from "./settings.ts";

export const groups = pgTable(
  "groups",
  {
    id: id(),
    name: text("name").notNull(),
    description: text("description").notNull().default(""),
    /** From the identity provider's claims: who is in it is read-only here. */
    managed: boolean("managed").notNull().default(false),
    /** Made once when tenancy gives groups a namespace, and stored: a renamed group keeps its homes. */
    namespace: text("namespace").unique(),
    /** Set by admins: the most the group's managers may set `quota` to. */
    ceiling: jsonb("ceiling").$type<Amounts>().notNull().default({}),
    quota: jsonb("quota").$type<Amounts>().notNull().default({}),
    memberLimits: jsonb("member_limits").$type<MemberLimits>().notNull().default({}),
    budget: jsonb("budget").$type<Budget>(),
    cull: jsonb("cull").$type<CullRule>().notNull().default({}),
    sharedVolume: jsonb("shared_volume").$type<SharedVolume>(),
    createdAt: createdAt(),
    /** Deleted groups keep their rows, namespace and homes until `undoUntil`; nobody is a member meanwhile. */
    deletedAt: at("deleted_at"),
    undoUntil: at("undo_until"),
  },
  (t) => [
    uniqueIndex("groups_name").on(t.name).where(sql`${t.deletedAt} is null`),
    index("groups_name_prefix").using("btree", sql`${t.name} text_pattern_ops`),
  ],
);

export const groupMembers = pgTable(
  "group_members",
  {
    groupId: uuid("group_id")
      .notNull()
      .references(() => groups.id, { onDelete: "cascade" }),
    userId: uuid("user_id")
      .notNull()
      .references(() => users.id, { onDelete: "cascade" }),
    role: text("role", { enum: ["member", "manager"] })
      .notNull()
      .default("member"),
    /** This member's own limits; a key that is here stands in place of the group's. */
    limits: jsonb("limits").$type<MemberLimits>().notNull().default({}),
    addedAt: at("added_at").notNull().defaultNow(),
  },
  (t) => [primaryKey({ columns: [t.groupId, t.userId] }), index("group_members_user").on(t.userId)],
);

/** A member asks the group's managers for more; they grant or decline with a word. */
export const groupRequests = pgTable(
  "group_requests",
  {
    id: id(),
    groupId: uuid("group_id")
      .notNull()
      .references(() => groups.id, { onDelete: "cascade" }),
    userId: uuid("user_id")
      .notNull()
      .references(() => users.id, { onDelete: "cascade" }),
    message: text("message").notNull(),
    createdAt: createdAt(),
    decision: text("decision", { enum: ["waiting", "granted", "declined"] })
      .notNull()
      .default("waiting"),
    decidedAt: at("decided_at"),
    decidedBy: text("decided_by"),
    answer: text("answer").notNull().default(""),
  },
  (t) => [
    index("group_requests_group").on(t.groupId, t.decision, t.createdAt),
    index("group_requests_user").on(t.userId, t.createdAt),
  ],
);

export const announcements = pgTable(
  "announcements",
  {
    id: id(),
    message: text("message").notNull(),
    severity: text("severity", { enum: ["info", "warning"] })
      .notNull()
      .default("info"),
    /** Null: for everybody. */
    groupId: uuid("group_id").references(() => groups.id, { onDelete: "cascade" }),
    startsAt: at("starts_at").notNull(),
    endsAt: at("ends_at"),
    dismissible: boolean("dismissible").notNull().default(true),
    createdBy: text("created_by").notNull(),
    createdAt: createdAt(),
  },
  (t) => [index("announcements_time").on(t.startsAt, t.endsAt)],
);

export const announcementDismissals = pgTable(
  "announcement_dismissals",
  {
    announcementId: uuid("announcement_id")
      .notNull()
      .references(() => announcements.id, { onDelete: "cascade" }),
    userId: uuid("user_id")
      .notNull()
      .references(() => users.id, { onDelete: "cascade" }),
  },
  (t) => [primaryKey({ columns: [t.announcementId, t.userId] })],
);

/** A namespace Berth made or uses, and the pieces it lacked when last looked at. */
export const namespaces = pgTable("namespaces", {
  name: text("name").primaryKey(),
  groupId: uuid("group_id").references(() => groups.id),
  userId: uuid("user_id").references(() => users.id),
  /** Kinds and names, such as `NetworkPolicy/berth-default-deny`. Empty: whole. */
  missing: jsonb("missing").$type<readonly string[]>().notNull().default([]),
  createdAt: createdAt(),
  checkedAt: at("checked_at"),
});
