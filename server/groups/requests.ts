import { z } from "zod";
import { listRequests } from "#db/group-requests.ts";
import type { RequestView } from "../api/group-views.ts";
import type { Page } from "../api/views.ts";
import { requireScope } from "../auth/require-scope.ts";
import type { VerbContext } from "../verb-context.ts";
import { requireGroup } from "./find.ts";
import { GroupName } from "./name.ts";
import { requestView } from "./request-view.ts";

export const ListRequestsInput = z.strictObject({
  group: GroupName,
  decision: z.enum(["waiting", "granted", "declined"]).nullish(),
  page: z.int().min(1).max(1_000_000).default(1),
  pageSize: z.int().min(1).max(200).default(50),
});

/** What members asked for, the newest first. */
export async function listGroupRequests(ctx: VerbContext, rawInput: unknown): Promise<Page<RequestView>> {
  const { group: name, decision, page, pageSize } = ListRequestsInput.parse(rawInput);
  await requireScope(ctx, "groups", { group: name });
  const group = await requireGroup(ctx.db, name);
  const question = { groupId: group.id, decision: decision ?? null, page, pageSize };
  const { requests, total } = await listRequests(ctx.db, question);
  return { items: requests.map(requestView), total, page, pageSize };
}
