import { z } from "zod";

/**
 * What crosses the hub's internal listener. The hub writes these, edge and web read them; both sides parse with the
 * schemas below, so a role of another version fails with a sentence and not with a wrong guess.
 */

export const TargetMessage = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("tcp"), host: z.string(), port: z.int() }),
  z.object({ kind: z.literal("unix"), path: z.string() }),
]);

/** Who may enter a server: its owner, and others for a time. */
export const AccessEntry = z.object({
  userId: z.string(),
  /** Epoch milliseconds after which the entry is worth nothing; `null` for the owner. */
  until: z.int().nullable(),
});

/** `at` in epoch milliseconds; `message` is one sentence for the server's user. */
export const AnnouncedStop = z.object({ at: z.int(), message: z.string(), canExtend: z.boolean() });

/** Somebody else who may be in a server, and why: its user is told. */
export const Guest = z.object({ name: z.string(), reason: z.string(), until: z.int() });

export const RouteMessage = z.object({
  serverId: z.string(),
  /** The run (pod UID) this route leads to: another run is another route with its own connections. */
  runId: z.string(),
  generation: z.int(),
  ownerId: z.string(),
  ownerName: z.string(),
  serverName: z.string(),
  /** `/user/ana/` or `/user/ana/second/`; compared after percent-decoding each segment once. */
  prefix: z.string(),
  /** Label of the owner's own origin in subdomain mode: `ana` in `ana.users.example.org`. */
  originLabel: z.string(),
  target: TargetMessage,
  stripPrefix: z.boolean(),
  /** `hub`: the server makes its own OAuth round behind the edge's check, and gets no secret. */
  auth: z.enum(["edge", "hub"]),
  inject: z.object({ header: z.string(), value: z.string() }).nullable(),
  /** For servers whose pages can show it: the stop that was announced, and who else was let in. */
  notice: z.object({ stop: AnnouncedStop.nullable(), guests: z.array(Guest) }).optional(),
  /** Frames of a WebSocket up to this size say nothing about anybody being there: the app's own sign of life. */
  keepAliveBytes: z.int().optional(),
  access: z.array(AccessEntry),
});
export type RouteMessage = z.infer<typeof RouteMessage>;

/** A server that exists but doesn't run: the edge answers for it without asking anybody. */
export const StoppedMessage = z.object({
  serverId: z.string(),
  ownerId: z.string(),
  ownerName: z.string(),
  serverName: z.string(),
  prefix: z.string(),
  originLabel: z.string(),
  phase: z.enum(["stopped", "pending", "stopping", "failed", "restarting"]),
  access: z.array(AccessEntry),
});
export type StoppedMessage = z.infer<typeof StoppedMessage>;

/** `sidHash` is base64url(sha256(sid)). Kept until the session would have expired anyway. */
export const RevokedSession = z.object({ sidHash: z.string(), until: z.int() });
export const RevokedToken = z.object({ tokenId: z.string() });
/** A disabled or deleted user: every session and token of theirs, old and new, is refused while this stands. */
export const DisabledUser = z.object({ userId: z.string(), disabled: z.boolean() });

export const StreamChange = z.discriminatedUnion("type", [
  z.object({ type: z.literal("route"), route: RouteMessage }),
  z.object({ type: z.literal("stopped"), server: StoppedMessage }),
  z.object({ type: z.literal("removed"), serverId: z.string() }),
  z.object({ type: z.literal("session-revoked"), session: RevokedSession }),
  z.object({ type: z.literal("token-revoked"), token: RevokedToken }),
  z.object({ type: z.literal("user-disabled"), user: DisabledUser }),
]);
export type StreamChange = z.infer<typeof StreamChange>;

/** Epoch milliseconds since when nobody can vouch for the routes: the view of what runs is old, or no hub has one. `null`: all is well. */
const StaleSince = z.int().nullable();

/** One NDJSON line of `GET /internal/stream`. A gap in `revision` means: reconnect and take a new snapshot. */
export const StreamLine = z.discriminatedUnion("type", [
  z.object({
    type: z.literal("snapshot"),
    revision: z.int(),
    routes: z.array(RouteMessage),
    stopped: z.array(StoppedMessage),
    revokedSessions: z.array(RevokedSession),
    disabledUsers: z.array(z.string()),
    staleSince: StaleSince,
  }),
  z.object({ type: z.literal("change"), revision: z.int(), changes: z.array(StreamChange) }),
  /** Not part of the revisions: what it says replaces what was said before. */
  z.object({ type: z.literal("view"), staleSince: StaleSince }),
  /** Every 5 s, so that silence is noticed. */
  z.object({ type: z.literal("ping"), revision: z.int() }),
]);
export type StreamLine = z.infer<typeof StreamLine>;

/** `POST /internal/token`: what an API token may do, asked once and cached 60 s by the edge. */
export const TokenQuestion = z.object({ token: z.string().max(512) });
export const TokenAnswer = z.discriminatedUnion("kind", [
  z.object({
    kind: z.literal("user"),
    tokenId: z.string(),
    userId: z.string(),
    userName: z.string(),
    /** Servers this token may open, by id; `"own"` means every server of its user. */
    access: z.union([z.literal("own"), z.literal("none"), z.array(z.string())]),
    expiresAt: z.int().nullable(),
    /** The login a token was made in, and ends with; null for those people made. */
    sidHash: z.string().nullable().optional(),
  }),
  z.object({ kind: z.literal("unknown") }),
]);
export type TokenAnswer = z.infer<typeof TokenAnswer>;

/** `POST /internal/activity`: what the edge saw since the last report. */
export const ActivityReport = z.object({
  /** By the clock that `lastActivityAt` is by. */
  sentAt: z.int(),
  servers: z.array(
    z.object({
      serverId: z.string(),
      runId: z.string(),
      lastActivityAt: z.int(),
      openWebSockets: z.int(),
      bytes: z.int(),
    }),
  ),
});
export type ActivityReport = z.infer<typeof ActivityReport>;

/** `POST /internal/extend`: somebody pressed the button in a page of their own server. */
export const ExtendQuestion = z.object({ serverId: z.uuid(), sidHash: z.string().max(64) });

/** `POST /internal/enter`: a single-use code from `/hub/enter` becomes the cookie of one user's own origin. */
export const EnterQuestion = z.object({ code: z.string().max(256), originLabel: z.string() });
export const EnterAnswer = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("ok"), token: z.string(), expiresAt: z.int(), next: z.string() }),
  z.object({ kind: z.literal("refused") }),
]);
export type EnterAnswer = z.infer<typeof EnterAnswer>;

/** `POST /internal/sign-in`, web only: proof of who somebody is; the hub checks it and mints the session. */
export const SignInQuestion = z.discriminatedUnion("method", [
  z.object({
    method: z.literal("local"),
    username: z.string().max(1024),
    password: z.string().max(1024),
    client: z.string(),
  }),
  z.object({
    method: z.literal("dummy"),
    username: z.string().max(1024),
    password: z.string().max(1024),
    client: z.string(),
  }),
  z.object({ method: z.literal("admin-link"), code: z.string().max(256), client: z.string() }),
  z.object({
    method: z.literal("oauth"),
    provider: z.string(),
    code: z.string().max(4096),
    /** As it came back, and as it was kept in the browser's cookie: the hub compares them. */
    state: z.string(),
    expectedState: z.string(),
    codeVerifier: z.string(),
    nonce: z.string().nullable(),
    issuer: z.string().nullable(),
    redirectUri: z.string(),
    client: z.string(),
  }),
]);
export type SignInQuestion = z.infer<typeof SignInQuestion>;
export const SignInAnswer = z.discriminatedUnion("kind", [
  z.object({
    kind: z.literal("ok"),
    /** The session token (EdDSA JWT). Only the hub can make one. */
    token: z.string(),
    expiresAt: z.int(),
    user: z.object({ id: z.string(), name: z.string(), admin: z.boolean() }),
  }),
  z.object({
    kind: z.literal("refused"),
    code: z.enum(["wrong", "throttled", "not-allowed", "disabled", "provider", "expired"]),
    retryAfterSeconds: z.int().nullable(),
  }),
]);
export type SignInAnswer = z.infer<typeof SignInAnswer>;

/** `POST /internal/sign-out`, web only: ends the session this token belongs to. */
export const SignOutQuestion = z.object({ token: z.string() });

/** `GET /internal/login-options`, web only: what the login page offers. */
export const LoginOptions = z.object({
  local: z.boolean(),
  dummy: z.boolean(),
  providers: z.array(
    z.object({
      id: z.string(),
      displayName: z.string(),
      kind: z.enum(["oidc", "github"]),
      clientId: z.string(),
      authorizationUrl: z.string(),
      scope: z.string(),
      issuer: z.string().nullable(),
      nonce: z.boolean(),
    }),
  ),
  autoLogin: z.string().nullable(),
});
export type LoginOptions = z.infer<typeof LoginOptions>;

/** `GET /internal/verify-key`, edge and web: the public half of the key that signs sessions. */
export const VerifyKeyMessage = z.object({ pem: z.string() });
