import type { Decision } from "./decide.ts";
import type { EdgeState } from "./state.ts";

const routePatienceMs = 1500;

export type Settled = Exclude<Decision, { kind: "pending" }>;

/** Browsers and scripts are here at the moment a server is ready, and may be faster than the stream: its route is waited for. */
export async function unlessPending(
  state: EdgeState,
  decision: Decision,
  again: () => Decision | Promise<Decision>,
): Promise<Settled> {
  if (decision.kind !== "pending") return decision;
  await state.knowledge.routes.changed(decision.serverId, routePatienceMs);
  const later = await again();
  return later.kind === "pending" ? later.otherwise : later;
}
