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
  const { clock } = state.options;
  const endMs = clock.monotonicMs() + routePatienceMs;
  let latest = decision;
  // What changes first may be another step of the start.
  for (let leftMs = routePatienceMs; latest.kind === "pending" && leftMs > 0; leftMs = endMs - clock.monotonicMs()) {
    await state.knowledge.routes.changed(latest.serverId, leftMs);
    latest = await again();
  }
  return latest.kind === "pending" ? latest.otherwise : latest;
}
