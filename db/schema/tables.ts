import { sql } from "drizzle-orm";
import {
  bigint,
  boolean,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  text,
  timestamp,
  unique,
  uniqueIndex,
  uuid,
} from "drizzle-orm/pg-core";

const at = (name: string) => timestamp(name, { withTimezone: true, mode: "date" });
const createdAt = () => at("created_at").notNull().defaultNow();
const id = () => uuid("id").primaryKey().defaultRandom();

export const users = pgTable(
  "users",
  {
    id: id(),
    /** Normalised once (NFKC, lower case); a label, never an identity. */
    name: text("name").notNull().unique(),
    admin: boolean("admin").notNull().default(false),
    disabledAt: at("disabled_at"),
    /** argon2id; null for people who only come through a provider. */
    passwordHash: text("password_hash"),
    /** System uid of this user's processes on the local backend, given once and never reused. */
    uid: integer("uid").unique(),
    createdAt: createdAt(),
    lastActivityAt: at("last_activity_at"),
  },
  (t) => [
    index("users_last_activity").on(t.lastActivityAt),
    index("users_name_prefix").using("btree", sql`${t.name} text_pattern_ops`),
  ],
);

/** Accounts are bound to (issuer, subject), never to a name or an e-mail address. */
export const identities = pgTable(
  "identities",
  {
    issuer: text("issuer").notNull(),
    subject: text("subject").notNull(),
    userId: uuid("user_id")
      .notNull()
      .references(() => users.id, { onDelete: "cascade" }),
    createdAt: createdAt(),
  },
  (t) => [primaryKey({ columns: [t.issuer, t.subject] }), index("identities_user").on(t.userId)],
);

export const groups = pgTable("groups", {
  id: id(),
  name: text("name").notNull().unique(),
  /** From the identity provider's claims: read-only here. */
  managed: boolean("managed").notNull().default(false),
  createdAt: createdAt(),
});

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
  },
  (t) => [primaryKey({ columns: [t.groupId, t.userId] }), index("group_members_user").on(t.userId)],
);

export const sessions = pgTable(
  "sessions",
  {
    id: id(),
    /** base64url(sha256(sid)): the session id itself is only in the browser's cookie. */
    sidHash: text("sid_hash").notNull().unique(),
    userId: uuid("user_id")
      .notNull()
      .references(() => users.id, { onDelete: "cascade" }),
    method: text("method").notNull(),
    clientAddress: text("client_address").notNull(),
    createdAt: createdAt(),
    expiresAt: at("expires_at").notNull(),
    revokedAt: at("revoked_at"),
  },
  (t) => [index("sessions_user").on(t.userId), index("sessions_expires").on(t.expiresAt)],
);

export const tokens = pgTable(
  "tokens",
  {
    id: id(),
    userId: uuid("user_id")
      .notNull()
      .references(() => users.id, { onDelete: "cascade" }),
    /** The one server this token was made for (its own calls to the hub); null for a user's own tokens. */
    serverId: uuid("server_id"),
    hash: text("hash").notNull().unique(),
    /** First characters, so that people recognise it in a list. */
    prefix: text("prefix").notNull(),
    note: text("note").notNull().default(""),
    scopes: jsonb("scopes").$type<string[]>().notNull(),
    createdAt: createdAt(),
    expiresAt: at("expires_at"),
    lastUsedAt: at("last_used_at"),
    revokedAt: at("revoked_at"),
  },
  (t) => [index("tokens_user").on(t.userId)],
);

/** Single-use codes: the first admin link, `/hub/enter`. Redeemed by a DELETE … RETURNING, so exactly once. */
export const codes = pgTable("codes", {
  hash: text("hash").primaryKey(),
  purpose: text("purpose", { enum: ["admin-link", "enter"] }).notNull(),
  payload: jsonb("payload").$type<Record<string, string>>().notNull(),
  expiresAt: at("expires_at").notNull(),
});

/** Failed logins by key (`user:ana`, `client:192.0.2.1`), one row a key, counted over a window. */
export const loginAttempts = pgTable(
  "login_attempts",
  { key: text("key").primaryKey(), failures: integer("failures").notNull(), windowStart: at("window_start").notNull() },
  (t) => [index("login_attempts_window").on(t.windowStart)],
);

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
    createdAt: createdAt(),
    lastUsedAt: at("last_used_at"),
  },
  (t) => [unique("homes_name").on(t.namespace, t.name), index("homes_user").on(t.userId)],
);

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

    // Where its objects live. Made once.
    namespace: text("namespace").notNull(),
    objectName: text("object_name").notNull(),
    originLabel: text("origin_label").notNull(),
  },
  (t) => [
    unique("servers_user_name").on(t.userId, t.name),
    uniqueIndex("servers_object").on(t.namespace, t.objectName),
    index("servers_unsettled").on(t.phase).where(sql`${t.phase} <> 'stopped'`),
    index("servers_last_activity").on(t.lastActivityAt),
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

/** One row a run: the ledger for expected start times, and for usage. */
export const serverRuns = pgTable(
  "server_runs",
  {
    id: id(),
    serverId: uuid("server_id")
      .notNull()
      .references(() => servers.id, { onDelete: "cascade" }),
    userId: uuid("user_id").notNull(),
    generation: integer("generation").notNull(),
    profileSlug: text("profile_slug").notNull(),
    cpuMillicores: integer("cpu_millicores").notNull(),
    memoryBytes: bigint("memory_bytes", { mode: "number" }).notNull(),
    wishedAt: at("wished_at").notNull(),
    readyAt: at("ready_at"),
    endedAt: at("ended_at"),
    endReason: text("end_reason"),
  },
  (t) => [
    unique("server_runs_generation").on(t.serverId, t.generation),
    index("server_runs_profile").on(t.profileSlug, t.readyAt),
  ],
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
  },
  (t) => [index("access_grants_server").on(t.serverId)],
);

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
  (t) => [index("audit_at").on(t.at), index("audit_target").on(t.target, t.id)],
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
