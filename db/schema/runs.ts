import { sql } from "drizzle-orm";
import { bigint, index, integer, pgTable, text, unique, uuid } from "drizzle-orm/pg-core";
import { at, id } from "./columns.ts";

/** One row a run: the ledger for expected start times, and for usage. */
export const serverRuns = pgTable(
  "server_runs",
  {
    id: id(),
    /** No foreign keys: what was used stays on the books when a server, user or group is deleted. */
    serverId: uuid("server_id").notNull(),
    groupId: uuid("group_id"),
    userId: uuid("user_id").notNull(),
    generation: integer("generation").notNull(),
    profileSlug: text("profile_slug").notNull(),
    cpuMillicores: integer("cpu_millicores").notNull(),
    memoryBytes: bigint("memory_bytes", { mode: "number" }).notNull(),
    gpus: integer("gpus").notNull().default(0),
    wishedAt: at("wished_at").notNull(),
    readyAt: at("ready_at"),
    endedAt: at("ended_at"),
    endReason: text("end_reason"),
    /** What is charged: from the first to the second. `finishedAt` is null while it runs. */
    startedAt: at("started_at"),
    finishedAt: at("finished_at"),
    /** When it was last seen running: what is charged until when nobody saw its end. */
    lastSeenAt: at("last_seen_at"),
    /** Where the times come from: the pod's own words, or what Berth saw. */
    timesFrom: text("times_from", { enum: ["pod", "observation"] })
      .notNull()
      .default("observation"),
  },
  (t) => [
    unique("server_runs_generation").on(t.serverId, t.generation),
    index("server_runs_profile").on(t.profileSlug, t.readyAt),
    index("server_runs_group").on(t.groupId, t.finishedAt),
    index("server_runs_user").on(t.userId, t.finishedAt),
    index("server_runs_finished").on(t.finishedAt),
    index("server_runs_open").on(t.serverId).where(sql`${t.finishedAt} is null`),
  ],
);
