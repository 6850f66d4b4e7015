import { inTransaction } from "#db/client.ts";
import { type MemberGroup, usedBesides } from "#db/reservations.ts";
import type { MemberLimits, QuotaResource } from "#db/schema/settings.ts";
import type { FitView } from "#server/api/quota-views.ts";
import { isHubError } from "#server/errors.ts";
import { refuseOverBudget } from "#server/usage/refuse-over-budget.ts";
import type { VerbContext } from "#server/verb-context.ts";
import { usedOfText } from "./amount-text.ts";
import { boundsOf, inOrder, type Totals } from "./amounts.ts";
import { whoHolds } from "./by-whom.ts";
import { decide, limitsOfMember } from "./decide.ts";
import { type ByWhom, memberLimitSentence, rejectionSentence } from "./rejection.ts";

export type FitQuestion = {
  readonly member: MemberGroup;
  readonly owner: { readonly id: string; readonly name: string };
  /** The server it would be; null for one that was never started. */
  readonly serverId: string | null;
};

/** Answers for one card after another, each question to the database asked once. Nothing is reserved by asking. */
export type Fitter = {
  fitOf(asked: Totals): Promise<FitView>;
  /** Graphics cards of the group's quota; null without one. */
  readonly gpus: { readonly free: number; readonly total: number } | null;
};

/** Whether starts would fit in a group right now: the same decision a start meets, and the same sentences. */
export async function fitterFor(ctx: VerbContext, question: FitQuestion): Promise<Fitter> {
  const { member, owner, serverId } = question;
  const { group } = member;
  const bounds = boundsOf(group);
  const { used, member: own } = await usedBesides(ctx.db, { groupId: group.id, serverId, userId: owner.id });
  const limits = limitsOfMember(group.memberLimits, own.limits ?? {});
  const byWhom = once((resource: QuotaResource) => whoHolds(ctx.db, ctx, group, resource));
  const budget = once((withGpu: boolean) => budgetReason(ctx, question, limits, withGpu));
  const reasonFor = async (asked: Totals): Promise<string | null> => {
    const verdict = decide({ bounds, used, asked, limits, memberServers: own.servers });
    if (verdict.kind === "beyond-member-limit")
      return memberLimitSentence(group.name, `“${owner.name}”`, verdict.limit);
    if (verdict.kind === "fits") return await budget(asked.gpus > 0);
    const [shortage] = verdict.short;
    return rejectionSentence(group.name, shortage, (await byWhom(shortage.resource)) satisfies ByWhom);
  };
  const afterWith = (asked: Totals) =>
    inOrder.flatMap((resource) => {
      const hard = bounds[resource];
      if (hard === undefined) return [];
      const after = used[resource] + asked[resource];
      return [{ resource, used: after, hard, text: usedOfText(resource, after, hard) }];
    });
  return {
    gpus: bounds.gpus === undefined ? null : { free: Math.max(0, bounds.gpus - used.gpus), total: bounds.gpus },
    fitOf: async (asked) => {
      const reason = await reasonFor(asked);
      return { fits: reason === null, reason, after: afterWith(asked) };
    },
  };
}

/** Where no group counts, everything fits. */
export const unbound: Fitter = { gpus: null, fitOf: async () => ({ fits: true, reason: null, after: [] }) };

async function budgetReason(
  ctx: VerbContext,
  { member, owner }: FitQuestion,
  limits: MemberLimits,
  withGpu: boolean,
): Promise<string | null> {
  if (member.group.budget === null && limits.hoursPerWeek === undefined) return null;
  const question = { group: member.group, limits, userId: owner.id, gpus: withGpu ? 1 : 0, now: ctx.clock.now() };
  try {
    await inTransaction(ctx.db, (tx) => refuseOverBudget(tx, question));
    return null;
  } catch (error) {
    if (isHubError(error) && error.code === "limit-reached") return error.publicMessage;
    throw error;
  }
}

function once<Key, Value>(ask: (key: Key) => Promise<Value>): (key: Key) => Promise<Value> {
  const known = new Map<Key, Promise<Value>>();
  return (key) => {
    const value = known.get(key) ?? ask(key);
    known.set(key, value);
    return value;
  };
}
