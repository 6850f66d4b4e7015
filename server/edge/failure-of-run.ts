import type { Failure, ServerLabel } from "./failure.ts";
import type { ForwardFailure } from "./forward.ts";
import type { Run } from "./run.ts";

/** Whom to blame and what to say when a running server gave no answer. */
export function failureOfRun(failure: ForwardFailure, run: Run, target: string): Failure {
  const server: ServerLabel = { ownerName: run.route.ownerName, serverName: run.route.serverName };
  switch (failure) {
    case "session-ended":
      return { kind: "not-logged-in" };
    case "route-changed":
      return { kind: "not-running", phase: "restarting", server, target };
    case "closing":
      return { kind: "portal-unavailable" };
    default:
      // The hub may have said so while we were asking: then its server has gone, and it isn't the program's fault.
      return run.ended ? { kind: "not-running", phase: "restarting", server, target } : { kind: failure, server };
  }
}
