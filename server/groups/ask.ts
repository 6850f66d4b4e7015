import { z } from "zod";
import { inTransaction } from "#db/client.ts";
import { findMember } from "#db/group-members.ts";
import { countRequestsSince, findWaitingRequest, insertRequest } from "#db/group-requests.ts";
import type { RequestView } from "../api/group-views.ts";
import { recordAudit } from "../audit/record.ts";
import { requireScope } from "../auth/require-scope.ts";
import { HubError } from "../errors.ts";
import type { VerbContext } from "../verb-context.ts";
import { requireLockedGroup } from "./find.ts";
import { GroupName } from "./name.ts";
import { requestView } from "./request-view.ts";

const requestsADay = 5;
const dayMs = 86_400_000;

export const AskInput = z.strictObject({
  group: GroupName,
  message: z
    .string()
    .trim()
    .min(5, "Say in a few words what you need and what for; the managers of your group will read it.")
    .max(1000, "A request has at most 1,000 characters."),
});

/** A member asks the group's managers for more. One open request a member and group, and a few a day. */
export async function askGroup(ctx: VerbContext, rawInput: unknown): Promise<RequestView> {
  const { group: name, message } = AskInput.parse(rawInput);
  await requireScope(ctx, "read:groups", { group: name });
  const { actor } = ctx;
  if (actor.kind !== "user") throw new HubError("forbidden", "Log in with a browser to ask your group for more.");
  return await inTransaction(ctx.db, async (tx) => {
    // The lock makes two requests of one member wait for each other.
    const group = await requireLockedGroup(tx, name);
    const member = await findMember(tx, group.id, actor.userId);
    if (member === undefined) throw new HubError("forbidden", `You aren't in “${name}”.`);
    if ((await findWaitingRequest(tx, group.id, actor.userId)) !== undefined)
      throw new HubError(
        "conflict",
        `You have a request waiting in “${name}”. Its managers will answer that one first.`,
      );
    const now = ctx.clock.now();
    const lately = await countRequestsSince(tx, actor.userId, new Date(now.getTime() - dayMs));
    if (lately >= requestsADay)
      throw new HubError("rate-limited", `You asked ${lately} times in a day. Talk to a manager of “${name}”.`);
    const request = await insertRequest(tx, { groupId: group.id, userId: actor.userId, message, createdAt: now });
    await recordAudit(tx, ctx, { action: "group.ask", target: `group:${group.id}`, detail: { group: name, message } });
    return requestView({ request, group: name, userName: actor.name });
  });
}
