import { sql } from "drizzle-orm";
import { bigint, boolean, index, integer, jsonb, pgTable, text, unique, uniqueIndex, uuid } from "drizzle-orm/pg-core";
import { at, createdAt, id } from "./columns.ts";
import { groups } from "./groups.ts";
import { homes } from "./homes.ts";
import { users } from "./people.ts";
import type { LastStop } from "./settings.ts";

export const serverPhases = ["stopped", "queued", "spawning", "starting", "ready", "stopping", "failed"] as const;

export const servers = pgTable(
  "servers",
  {
    id: id(),
    userId: uuid("user_id")
      .notNull()
      .references(() => users.id),
    /** Empty for the default server. */
    name: text("name").notNull(),
    /** The group this server counts against; null for people in no group. */
    groupId: uuid("group_id").references(() => groups.id, { onDelete: "set null" }),
    createdAt: createdAt(),
    lastActivityAt: at("last_activity_at"),

    // The wish: what somebody asked for, and who. Written by verbs.
    desired: text("desired", { enum: ["running", "stopped"] })
      .notNull()
      .default("stopped"),
    generation: integer("generation").notNull().default(0),
    wishedAt: at("wished_at"),
    wishedBy: text("wished_by"),
    profileSlug: text("profile_slug"),
    options: jsonb("options").$type<Record<string, string>>(),
    spec: jsonb("spec").$type<unknown>(),
    secret: text("secret"),
    homeId: uuid("home_id").references(() => homes.id),

    // The state: what the reconciler last made of it. Written by the reconciler alone, under its lease's epoch.
    phase: text("phase", { enum: serverPhases }).notNull().default("stopped"),
    phaseSince: at("phase_since").notNull().defaultNow(),
    /** The generation `phase` speaks of; smaller than `generation` while a new wish has not been looked at. */
    phaseGeneration: integer("phase_generation").notNull().default(0),
    leaseEpoch: bigint("lease_epoch", { mode: "number" }).notNull().default(0),
    runId: text("run_id"),
    target: jsonb("target").$type<unknown>(),
    failure: jsonb("failure").$type<unknown>(),
    waitPhase: text("wait_phase"),
    readyAt: at("ready_at"),

    // Culling. `stopAt` is the announced stop and why; `keepUntil` is what somebody asked for.
    keepUntil: at("keep_until"),
    stopAt: at("stop_at"),
    stopWhy: text("stop_why"),
    lastStop: jsonb("last_stop").$type<LastStop>(),

    // Where its objects live. Made once; a server that starts in another group while stopped moves.
    namespace: text("namespace").notNull(),
    objectName: text("object_name").notNull(),
    originLabel: text("origin_label").notNull(),
  },
  (t) => [
    unique("servers_user_name").on(t.userId, t.name),
    uniqueIndex("servers_object").on(t.namespace, t.objectName),
    index("servers_unsettled").on(t.phase).where(sql`${t.phase} <> 'stopped'`),
    index("servers_last_activity").on(t.lastActivityAt),
    index("servers_group").on(t.groupId),
  ],
);

/** Lines for the progress page; only the newest generation's are kept. */
export const serverEvents = pgTable(
  "server_events",
  {
    id: bigint("id", { mode: "number" }).primaryKey().generatedAlwaysAsIdentity(),
    serverId: uuid("server_id")
      .notNull()
      .references(() => servers.id, { onDelete: "cascade" }),
    generation: integer("generation").notNull(),
    at: at("at").notNull(),
    kind: text("kind", { enum: ["phase", "backend"] }).notNull(),
    message: text("message").notNull(),
    warning: boolean("warning").notNull().default(false),
  },
  (t) => [index("server_events_server").on(t.serverId, t.generation, t.id)],
);

/** Leave to open somebody else's server: by whom, why, until when. */
export const accessGrants = pgTable(
  "access_grants",
  {
    id: id(),
    serverId: uuid("server_id")
      .notNull()
      .references(() => servers.id, { onDelete: "cascade" }),
    userId: uuid("user_id")
      .notNull()
      .references(() => users.id, { onDelete: "cascade" }),
    reason: text("reason").notNull(),
    createdAt: createdAt(),
    until: at("until").notNull(),
    endedAt: at("ended_at"),
  },
  (t) => [index("access_grants_server").on(t.serverId), index("access_grants_user").on(t.userId)],
);

/**
 * What a server holds of its group's quota, from the wish to start until its pod is seen gone. Written in the transaction of the wish,
 * under the group's row lock: the sum over a group never passes its quota.
 */
export const reservations = pgTable(
  "reservations",
  {
    serverId: uuid("server_id")
      .primaryKey()
      .references(() => servers.id, { onDelete: "cascade" }),
    groupId: uuid("group_id").references(() => groups.id, { onDelete: "set null" }),
    userId: uuid("user_id").notNull(),
    generation: integer("generation").notNull(),
    cpuRequestMillicores: integer("cpu_request_millicores").notNull(),
    cpuLimitMillicores: integer("cpu_limit_millicores").notNull(),
    memoryRequestBytes: bigint("memory_request_bytes", { mode: "number" }).notNull(),
    memoryLimitBytes: bigint("memory_limit_bytes", { mode: "number" }).notNull(),
    gpus: integer("gpus").notNull(),
    createdAt: createdAt(),
  },
  (t) => [index("reservations_group").on(t.groupId), index("reservations_user").on(t.userId)],
);
