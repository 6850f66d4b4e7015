import { z } from "zod";
import { inTransaction } from "#db/client.ts";
import { answerRequest, findRequest } from "#db/group-requests.ts";
import type { RequestView } from "../api/group-views.ts";
import { recordAudit } from "../audit/record.ts";
import { mayDo } from "../auth/require-scope.ts";
import { HubError } from "../errors.ts";
import { actorLabel } from "../servers/start.ts";
import type { VerbContext } from "../verb-context.ts";
import { requestView } from "./request-view.ts";

export const DecideInput = z.strictObject({
  id: z.uuid(),
  decision: z.enum(["granted", "declined"]),
  answer: z.string().trim().max(1000, "An answer has at most 1,000 characters.").default(""),
});

/** Answers a request. It gives nothing by itself: the manager changes the limits, and says here that they did. */
export async function decideRequest(ctx: VerbContext, rawInput: unknown): Promise<RequestView> {
  const { id, decision, answer } = DecideInput.parse(rawInput);
  if (ctx.actor.kind === "anonymous") throw new HubError("unauthenticated", "Log in first.");
  const found = await findRequest(ctx.db, id);
  // Somebody else's request and none at all are the same to whoever guesses ids (S-33).
  if (found === undefined || !(await mayDo(ctx, "groups", { group: found.group })))
    throw new HubError("not-found", "There is no such request.");
  return await inTransaction(ctx.db, async (tx) => {
    const decided = { decision, decidedAt: ctx.clock.now(), decidedBy: actorLabel(ctx), answer };
    const request = await answerRequest(tx, id, decided);
    if (request === undefined) {
      const now = await findRequest(tx, id);
      throw new HubError(
        "conflict",
        `${now?.request.decidedBy ?? "Somebody else"} has answered this request already: it was ${now?.request.decision ?? "decided"}.`,
      );
    }
    await recordAudit(tx, ctx, {
      action: decision === "granted" ? "group.grant-request" : "group.decline-request",
      target: `group:${request.groupId}`,
      detail: { group: found.group, user: found.userName, answer },
    });
    return requestView({ ...found, request });
  });
}
