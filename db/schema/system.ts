import { bigint, boolean, index, jsonb, pgTable, text } from "drizzle-orm/pg-core";
import { at } from "./columns.ts";

/** Written in the same transaction as what it tells of; the application never updates or deletes a row. */
export const audit = pgTable(
  "audit",
  {
    id: bigint("id", { mode: "number" }).primaryKey().generatedAlwaysAsIdentity(),
    at: at("at").notNull().defaultNow(),
    actorKind: text("actor_kind", { enum: ["user", "token", "server", "system", "anonymous"] }).notNull(),
    actorId: text("actor_id"),
    actorName: text("actor_name").notNull(),
    action: text("action").notNull(),
    target: text("target").notNull(),
    detail: jsonb("detail").$type<Record<string, unknown>>().notNull().default({}),
    requestId: text("request_id"),
    clientAddress: text("client_address"),
  },
  (t) => [
    index("audit_at").on(t.at),
    index("audit_target").on(t.target, t.id),
    index("audit_actor").on(t.actorName, t.id),
    index("audit_action").on(t.action, t.id),
  ],
);

/** The lease of the one hub that leads the reconciler. `epoch` grows at every change of holder and fences old writes. */
export const leases = pgTable("leases", {
  name: text("name").primaryKey(),
  holder: text("holder").notNull(),
  epoch: bigint("epoch", { mode: "number" }).notNull(),
  expiresAt: at("expires_at").notNull(),
});

/** The stream to the edges: one row a revision, without gaps (see `nextRevision`). */
export const streamChanges = pgTable("stream_changes", {
  revision: bigint("revision", { mode: "number" }).primaryKey(),
  changes: jsonb("changes").$type<unknown[]>().notNull(),
  at: at("at").notNull().defaultNow(),
});

export const streamRevision = pgTable("stream_revision", {
  one: boolean("one").primaryKey().default(true),
  revision: bigint("revision", { mode: "number" }).notNull(),
});

/** What this installation is: its id (on every object it makes) and the keys it made for itself. */
export const installation = pgTable("installation", {
  key: text("key").primaryKey(),
  value: text("value").notNull(),
});
