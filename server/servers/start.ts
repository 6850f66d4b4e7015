import { z } from "zod";
import { inTransaction, type Tx } from "#db/client.ts";
import { groupsOfMember, type MemberGroup } from "#db/reservations.ts";
import { ensureServer, type Held, type ServerRow, wishRunning } from "#db/servers.ts";
import { notify } from "#db/stream.ts";
import { allotUid, findUserByName, type User } from "#db/users.ts";
import { recordAudit } from "#server/audit/record.ts";
import { requireScope } from "#server/auth/require-scope.ts";
import { HubError } from "#server/errors.ts";
import type { ResolveProblem } from "#server/profiles/pick.ts";
import { resolveProfile } from "#server/profiles/resolve.ts";
import type { ServerSpec } from "#server/profiles/spec.ts";
import type { Totals } from "#server/quotas/amounts.ts";
import { askedOf, withNewHome } from "#server/quotas/asked.ts";
import { limitsOfMember } from "#server/quotas/decide.ts";
import { RulesChanged, refuseBeyondQuota } from "#server/quotas/reserve.ts";
import { type BudgetQuestion, refuseOverBudget } from "#server/usage/refuse-over-budget.ts";
import type { VerbContext } from "#server/verb-context.ts";
import { groupForStart, namespaceForStart, placeFor } from "./group-of-start.ts";
import { type HomePlan, homeFrom, isSharedByTemplate, planHome } from "./home.ts";
import { objectNameFor, originLabelFor } from "./names.ts";
import { registerSecret, secretFor } from "./secret.ts";
import { changeLockTimeoutMs } from "./server-turns.ts";
import {
  accountDisabled,
  refuseBadName,
  refuseBeyondLimit,
  refuseDisabled,
  refuseHubOutOfReach,
} from "./start-refusals.ts";

export const StartServerInput = z.strictObject({
  user: z.string().max(256),
  name: z.string().max(64).default(""),
  profile: z.string().max(128).nullish(),
  options: z.record(z.string().max(128), z.string().max(512)).default({}),
  /** The group it counts against. Left out: the one it had, or the only one there is. */
  group: z.string().min(1).max(256).optional(),
});
type Input = z.infer<typeof StartServerInput>;

/** What was decided before the transaction. */
type Start = {
  readonly input: Input;
  readonly user: User;
  readonly member: MemberGroup | null;
  readonly resolved: Resolved;
};
type Resolved = {
  readonly spec: ServerSpec;
  readonly profileSlug: string;
  readonly options: Readonly<Record<string, string>>;
};

/** A group that got a rule in that very moment is looked at once more; a third time is no coincidence. */
const looksAtMost = 3;

/**
 * Records the wish that this server runs, with these choices, and reserves what it takes of its group's quota. Asking again for what is
 * already running or on its way changes nothing; asking for something else meanwhile is a conflict. Errors: forbidden, not-found,
 * invalid (the field and why), conflict, limit-reached.
 */
export async function startServer(ctx: VerbContext, rawInput: unknown): Promise<ServerRow> {
  const input = StartServerInput.parse(rawInput);
  await requireScope(ctx, "start:servers", { user: input.user, server: input.name });
  // Before its turn: an identity provider may take seconds.
  const { id: userId } = await activeUser(ctx, input.user);
  await ctx.refresher.refreshGroupsOf(ctx, userId);
  const decide = () => ctx.startTurns.take(() => decideAndRecord(ctx, input));
  return await ctx.serverTurns.take({ userId, name: input.name }, decide);
}

async function decideAndRecord(ctx: VerbContext, input: Input): Promise<ServerRow> {
  for (let look = 1; ; look++) {
    try {
      const start = await decideStart(ctx, input);
      return await inTransaction(ctx.db, (tx) => recordStart(tx, ctx, start), { lockTimeoutMs: changeLockTimeoutMs });
    } catch (error) {
      if (!(error instanceof RulesChanged) || look === looksAtMost) throw error;
    }
  }
}

async function decideStart(ctx: VerbContext, input: Input): Promise<Start> {
  const user = await activeUser(ctx, input.user);
  const memberships = await groupsOfMember(ctx.db, user.id);
  const resolved = resolveProfile({
    config: ctx.config,
    profile: input.profile ?? null,
    options: input.options,
    user: { name: user.name },
    server: { name: input.name },
    groups: memberships.map(({ group }) => group.name),
  });
  if (!resolved.ok) throw choiceRefused(resolved.problem);
  refuseHubOutOfReach(ctx, resolved.spec);
  const member = await groupForStart(ctx, user, { server: input.name, group: input.group, memberships });
  return { input, user, member, resolved };
}

async function recordStart(tx: Tx, ctx: VerbContext, start: Start): Promise<ServerRow> {
  const { input, user, member, resolved } = start;
  // One system uid per user, for good: what the local backend runs their processes as. First, because it locks the user's row, and a
  // new server refers to that row: two servers of one user, each made before it, would wait for each other.
  if (ctx.config.spawner.type === "local" && user.uid === null) await allotUid(tx, user.id);
  await refuseDisabled(tx, user);
  await refuseBadName(ctx, tx, user, input.name);
  const wanted = await namespaceForStart(tx, ctx, user, member);
  const server = await ensureServer(tx, newServer(user, input.name, wanted));
  if (isUnderWay(server)) return sameWish(server, start);
  const namespace = await placeFor(tx, server, member, wanted);
  await refuseBeyondLimit(ctx, tx);
  const sharedByTemplate = isSharedByTemplate(ctx.config, user.name, input.name);
  if (member !== null) await refuseOverBudget(tx, budgetQuestionFor(ctx, start, member));
  const plan = await planHome(tx, { server, namespace, userId: user.id, spec: resolved.spec, sharedByTemplate });
  await recordAudit(tx, ctx, {
    action: "server.start",
    target: `server:${server.id}`,
    detail: {
      user: user.name,
      server: input.name,
      profile: resolved.profileSlug,
      options: Object.entries(resolved.options).map(([key, value]) => `${key}=${value}`),
      group: member?.group.name ?? null,
      generation: server.generation + 1,
    },
  });
  await notify(tx, `wish:${server.id}`);
  await notify(tx, `server:${server.id}`);
  return await reserveAndWish(tx, ctx, start, { server, namespace, plan });
}

function budgetQuestionFor(ctx: VerbContext, { user, resolved }: Start, member: MemberGroup): BudgetQuestion {
  const { gpus } = askedOf(resolved.spec, ctx.config.spawner.type);
  const limits = limitsOfMember(member.group.memberLimits, member.limits);
  return { group: member.group, limits, userId: user.id, gpus, now: ctx.clock.now() };
}

/** Last, because the group's row is locked from here on: no other start in it can go on before this one has committed. */
async function reserveAndWish(
  tx: Tx,
  ctx: VerbContext,
  { user, member, resolved }: Start,
  { server, namespace, plan }: { readonly server: ServerRow; readonly namespace: string; readonly plan: HomePlan },
): Promise<ServerRow> {
  const alone = askedOf(resolved.spec, ctx.config.spawner.type);
  const asked = withNewHome(alone, plan.kind === "new" ? plan.capacityBytes : null);
  if (member !== null) await refuseBeyondQuota(tx, ctx, { member, owner: user, serverId: server.id, asked });
  const groupId = member?.group.id ?? null;
  const home = await homeFrom(tx, plan, { userId: user.id, serverId: server.id, namespace, groupId });
  const wish = {
    profileSlug: resolved.profileSlug,
    options: resolved.options,
    spec: resolved.spec,
    secret: secretFor(resolved.spec),
    homeId: home?.id ?? null,
    groupId,
    namespace,
    wishedBy: actorLabel(ctx),
  };
  const wished = await wishRunning(tx, server, wish, heldOf(asked), ctx.clock.now());
  await registerSecret(tx, wished, user.name, ctx.clock.now());
  return wished;
}

function heldOf(asked: Totals): Held {
  const { cpuRequestMillicores, cpuLimitMillicores, memoryRequestBytes, memoryLimitBytes, gpus } = asked;
  return { cpuRequestMillicores, cpuLimitMillicores, memoryRequestBytes, memoryLimitBytes, gpus };
}

export function choiceRefused({ kind, message, field }: ResolveProblem): HubError {
  return new HubError(kind, message, { detail: { field } });
}

export async function activeUser(ctx: VerbContext, name: string): Promise<User> {
  const user = await findUserByName(ctx.db, name);
  if (user === undefined) throw new HubError("not-found", `There is no user called “${name}”.`);
  if (user.disabledAt !== null) throw accountDisabled(name);
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

function sameWish(server: ServerRow, { input, member, resolved }: Start): ServerRow {
  const sameGroup = input.group === undefined || server.groupId === (member?.group.id ?? null);
  const same =
    sameGroup &&
    server.profileSlug === resolved.profileSlug &&
    JSON.stringify(sorted(server.options ?? {})) === JSON.stringify(sorted(resolved.options));
  if (same) return server;
  const doing = server.phase === "ready" ? "is running" : "is already starting";
  const how = sameGroup ? `with the profile “${server.profileSlug}”` : "in another group";
  throw new HubError("conflict", `This server ${doing} ${how}. Stop it first to start it with other choices.`, {
    detail: { profile: server.profileSlug ?? "" },
  });
}

function sorted(options: Readonly<Record<string, string>>): [string, string][] {
  return Object.entries(options).sort(([a], [b]) => (a < b ? -1 : 1));
}

function newServer(user: User, name: string, namespace: string) {
  return {
    userId: user.id,
    name,
    namespace,
    objectName: objectNameFor({ userName: user.name, serverName: name }),
    originLabel: originLabelFor(user.name),
  };
}
