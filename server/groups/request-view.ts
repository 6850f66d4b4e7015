import type { RequestWithNames } from "#db/group-requests.ts";
import type { RequestView } from "../api/group-views.ts";

export function requestView({ request, group, userName }: RequestWithNames): RequestView {
  const { id, message, createdAt, decision, decidedAt, decidedBy, answer } = request;
  return { id, group, userName, message, createdAt, decision, decidedAt, decidedBy, answer };
}
