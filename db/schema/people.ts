import { sql } from "drizzle-orm";
import { boolean, index, integer, jsonb, pgTable, primaryKey, text, uuid } from "drizzle-orm/pg-core";
import { at, createdAt, id } from "./columns.ts";
import type { CullRule } from "./settings.ts";

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
    /** The user's own choice of when idle servers stop, within what group, profile and admin allow. */
    cull: jsonb("cull").$type<CullRule>().notNull().default({}),
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
    /** Sealed with a key of the installation. Lets the hub ask the provider for today's groups between logins. */
    refreshToken: text("refresh_token"),
    refreshedAt: at("refreshed_at"),
  },
  (t) => [primaryKey({ columns: [t.issuer, t.subject] }), index("identities_user").on(t.userId)],
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
    /** `server`: what a server calls the hub with. `oauth`: what it got for a visitor's login. */
    kind: text("kind", { enum: ["user", "server", "oauth"] })
      .notNull()
      .default("user"),
    /** The one server this token was made for; null for a user's own tokens. */
    serverId: uuid("server_id"),
    /** The run of that server it was made for, and ends with. */
    generation: integer("generation"),
    /** The login an `oauth` token was made in, and ends with. */
    sessionId: uuid("session_id"),
    /** The code it was given for: brought a second time, it ends what came of the first. */
    codeHash: text("code_hash"),
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
  (t) => [
    index("tokens_user").on(t.userId),
    index("tokens_server").on(t.serverId),
    index("tokens_code").on(t.codeHash).where(sql`${t.codeHash} is not null`),
  ],
);

/** Single-use codes: the first admin link, `/hub/enter`, the OAuth login of a server. Redeemed by a DELETE … RETURNING, so exactly once. */
export const codes = pgTable("codes", {
  hash: text("hash").primaryKey(),
  purpose: text("purpose", { enum: ["admin-link", "enter", "oauth"] }).notNull(),
  payload: jsonb("payload").$type<Record<string, string>>().notNull(),
  expiresAt: at("expires_at").notNull(),
});

/** Failed logins by key (`user:ana`, `client:192.0.2.1`), one row a key, counted over a window. */
export const loginAttempts = pgTable(
  "login_attempts",
  { key: text("key").primaryKey(), failures: integer("failures").notNull(), windowStart: at("window_start").notNull() },
  (t) => [index("login_attempts_window").on(t.windowStart)],
);
