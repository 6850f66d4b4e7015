import type { SpawnFailure, WaitPhase } from "./spawner.ts";

/** Why a start or a run failed, in sentences: for the person whose server it is, and for the admin. */
export const goneWhileStarting: SpawnFailure = {
  reason: "gone",
  publicMessage: "Your server was removed while it was starting, and not by Berth.",
  detail: "the object was deleted from outside before it was ready",
};
export const goneWhileReady: SpawnFailure = {
  reason: "gone",
  publicMessage:
    "Your server was stopped from outside. Files you saved are in your home; what was only in memory is lost.",
  detail: "the object of a ready server is gone or being deleted, and Berth did not ask for it",
};
export const replaced: SpawnFailure = {
  reason: "gone",
  publicMessage:
    "Your server was replaced from outside. Files you saved are in your home; what was only in memory is lost.",
  detail: "another run was found under the same name",
};

export function timedOut(seconds: number, wait: WaitPhase): SpawnFailure {
  const what: Record<WaitPhase, string> = {
    storage: "its storage was not ready",
    scheduling: "no machine had room for it",
    pulling: "its image was not there",
    starting: "it did not come up",
  };
  return {
    reason: wait === "scheduling" ? "unschedulable" : wait === "storage" ? "storage" : "timeout",
    publicMessage: `Your server did not start within ${seconds} seconds: ${what[wait]}.`,
    detail: `start timeout while waiting for: ${wait}`,
  };
}

export function notAccepted(seconds: number): SpawnFailure {
  return {
    reason: "timeout",
    publicMessage: `Your server could not be asked for within ${seconds} seconds.`,
    detail: "start timeout while the backend asked for one more try each time",
  };
}

export function notAnswering(httpTimeoutSeconds: number): SpawnFailure {
  return {
    reason: "not-answering",
    publicMessage: `Your server started but did not answer within ${httpTimeoutSeconds} seconds.`,
    detail: "the readiness probe got no answer with a status below 500",
  };
}

export function notStopping(seconds: number): SpawnFailure {
  return {
    reason: "not-stopping",
    publicMessage: `Your server has not stopped within ${seconds / 60} minutes. Berth goes on trying; until it is gone it can't start again. Please tell an admin.`,
    detail:
      "the backend accepted the stop, and the run is still there: look at its machine (does it answer?) and at what holds its object back",
  };
}
