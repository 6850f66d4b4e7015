import { randomBytes } from "node:crypto";
import { z } from "zod";
import { inTransaction, type Tx } from "#db/client.ts";
import { groupNamesOfUser } from "#db/memberships.ts";
import { countActive, ensureServer, findServer, listServersOf, type ServerRow, wishRunning } from "#db/servers.ts";
import { notify } from "#db/stream.ts";
import { allotUid, findUserByName, type User } from "#db/users.ts";
import { recordAudit } from "#server/audit/record.ts";
import { requireScope } from "#server/auth/require-scope.ts";
import { HubError } from "#server/errors.ts";
import { type ResolveProblem, resolveProfile } from "#server/profiles/resolve.ts";
import type { ServerSpec } from "#server/profiles/spec.ts";
import type { VerbContext } from "#server/verb-context.ts";
import { ensureHome } from "./home.ts";
import { objectNameFor, originLabelFor, serverNameProblem } from "./names.ts";
import { namespaceOf } from "./namespace.ts";

export const StartServerInput = z.strictObject({
  user: z.string().max(256),
  name: z.string().max(64).default(""),
  profile: z.string().max(128).nullish(),
  options: z.record(z.string().max(128), z.string().max(512)).default({}),
});

/**
 * Records the wish that this server runs, with these choices. Asking again for what is already running or on its way
 * changes nothing; asking for something else meanwhile is a conflict. Errors: forbidden, not-found, invalid (the field and
 * why), conflict, limit-reached.
 */
export async function startServer(ctx: VerbContext, rawInput: unknown): Promise<ServerRow> {
  const input = StartServerInput.parse(rawInput);
  await requireScope(ctx, "start:servers", { user: input.user, server: input.name });
  const user = await activeUser(ctx, input.user);
  const resolved = resolveProfile({
    config: ctx.config,
    profile: input.profile ?? null,
    options: input.options,
    user: { name: user.name },
    server: { name: input.name },
    groups: await groupNamesOfUser(ctx.db, user.id),
  });
  if (!resolved.ok) throw choiceRefused(resolved.problem);
  return await inTransaction(ctx.db, async (tx) => {
    await refuseBadName(ctx, tx, user, input.name);
    const server = await ensureServer(tx, newServer(ctx, user, input.name));
    if (isUnderWay(server)) return sameWish(server, resolved);
    await refuseBeyondLimit(ctx, tx);
    // One system uid per user, for good: what the local backend runs their processes as.
    if (ctx.config.spawner.type === "local") await allotUid(tx, user.id);
    const home = await ensureHome(tx, { server, user, spec: resolved.spec, now: ctx.clock.now() });
    const wish = {
      profileSlug: resolved.profileSlug,
      options: resolved.options,
      spec: resolved.spec satisfies ServerSpec,
      secret: randomBytes(32).toString("base64url"),
      homeId: home?.id ?? null,
      wishedBy: actorLabel(ctx),
    };
    const wished = await wishRunning(tx, server.id, wish, ctx.clock.now());
    await recordAudit(tx, ctx, {
      action: "server.start",
      target: `server:${server.id}`,
      detail: {
        user: user.name,
        server: input.name,
        profile: resolved.profileSlug,
        options: Object.entries(resolved.options).map(([key, value]) => `${key}=${value}`),
        generation: wished.generation,
      },
    });
    await notify(tx, `wish:${server.id}`);
    await notify(tx, `server:${server.id}`);
    return wished;
  });
}

export function choiceRefused({ kind, message, field }: ResolveProblem): HubError {
  return new HubError(kind, message, { detail: { field } });
}

export async function activeUser(ctx: VerbContext, name: string): Promise<User> {
  const user = await findUserByName(ctx.db, name);
  if (user === undefined) throw new HubError("not-found", `There is no user called “${name}”.`);
  if (user.disabledAt !== null)
    throw new HubError("forbidden", `The account of “${name}” is disabled. An admin can enable it again.`);
  return user;
}

export function actorLabel(ctx: VerbContext): string {
  return ctx.actor.kind === "anonymous" ? "anonymous" : ctx.actor.name;
}

/** Running, or asked to and not failed: a start of it has nothing to do. */
export function isUnderWay(server: ServerRow): boolean {
  if (server.desired !== "running") return false;
  const settledFailure = server.phase === "failed" && server.phaseGeneration === server.generation;
  return !settledFailure;
}

function sameWish(
  server: ServerRow,
  resolved: { profileSlug: string; options: Readonly<Record<string, string>> },
): ServerRow {
  const same =
    server.profileSlug === resolved.profileSlug &&
    JSON.stringify(sorted(server.options ?? {})) === JSON.stringify(sorted(resolved.options));
  if (same) return server;
  const doing = server.phase === "ready" ? "is running" : "is already starting";
  throw new HubError(
    "conflict",
    `This server ${doing} with the profile “${server.profileSlug}”. Stop it first to start it with other choices.`,
    {
      detail: { profile: server.profileSlug ?? "" },
    },
  );
}

function sorted(options: Readonly<Record<string, string>>): [string, string][] {
  return Object.entries(options).sort(([a], [b]) => (a < b ? -1 : 1));
}

function newServer(ctx: VerbContext, user: User, name: string) {
  return {
    userId: user.id,
    name,
    namespace: namespaceOf(ctx.config, user.name),
    objectName: objectNameFor({ userName: user.name, serverName: name }),
    originLabel: originLabelFor(user.name),
  };
}

async function refuseBadName(ctx: VerbContext, tx: Tx, user: User, name: string): Promise<void> {
  if (name === "" || (await findServer(tx, user.id, name)) !== undefined) return;
  const { allowNamedServers, namedServerLimitPerUser } = ctx.config.hub;
  if (!allowNamedServers)
    throw new HubError("invalid", "This hub allows one server a user.", { detail: { field: "name" } });
  const problem = serverNameProblem(name);
  if (problem !== null) throw new HubError("invalid", problem, { detail: { field: "name" } });
  const named = (await listServersOf(tx, user.id)).filter((server) => server.name !== "").length;
  if (namedServerLimitPerUser > 0 && named >= namedServerLimitPerUser) {
    throw new HubError(
      "limit-reached",
      `You have ${named} named servers, and ${namedServerLimitPerUser} is the most. Delete one you no longer need.`,
    );
  }
}

async function refuseBeyondLimit(ctx: VerbContext, tx: Tx): Promise<void> {
  const limit = ctx.config.hub.activeServerLimit;
  if (limit === 0) return;
  // Two starts at once must not both take the last place.
  await tx.execute("select pg_advisory_xact_lock(7264001)");
  if ((await countActive(tx)) >= limit) {
    throw new HubError(
      "limit-reached",
      `All ${limit} places for servers are taken. Try again when somebody has stopped theirs.`,
    );
  }
}
