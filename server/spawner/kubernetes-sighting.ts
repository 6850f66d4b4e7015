import type { V1Pod } from "@kubernetes/client-node";
import { isOwned, serverOf } from "#k8s/labels.ts";
import { podStatus } from "#k8s/pod-status.ts";
import { unschedulableFor } from "#k8s/unschedulable.ts";
import type { Observation, ServerRef, Sighting, SpawnFailure } from "./spawner.ts";

/** A pod in the words of the interface; undefined for one that isn't this installation's, or whose labels were changed. */
export function sightingOf(pod: V1Pod, installationId: string, autoscaling: boolean): Sighting | undefined {
  const { uid, name, namespace } = pod.metadata ?? {};
  const server = serverOf(pod);
  if (uid === undefined || name === undefined || namespace === undefined || server === undefined) return undefined;
  if (!isOwned(pod, installationId)) return undefined;
  const ref: ServerRef = { ...server, namespace, objectName: name, runId: uid };
  return { ref, observation: observationOf(pod, uid, autoscaling) };
}

function observationOf(pod: V1Pod, runId: string, autoscaling: boolean): Observation {
  const status = podStatus(pod);
  switch (status.kind) {
    case "waiting": {
      const failure = autoscaling ? undefined : neverFits(pod);
      if (failure !== undefined) return { kind: "exited", runId, failure, at: scheduledAt(pod) };
      return { kind: "waiting", runId, phase: status.phase, detail: status.detail };
    }
    case "running":
      return {
        kind: "running",
        runId,
        target: { kind: "tcp", host: status.host, port: status.port },
        since: status.since,
      };
    case "stopping":
      return { kind: "stopping", runId };
    case "exited":
      return { kind: "exited", runId, failure: status.failure, at: status.at, startedAt: status.startedAt };
    default:
      return status satisfies never;
  }
}

function neverFits(pod: V1Pod): SpawnFailure | undefined {
  const condition = scheduledCondition(pod);
  if (condition?.reason !== "Unschedulable") return undefined;
  const message = condition.message ?? "";
  if (unschedulableFor(message).because !== "never-fits") return undefined;
  return {
    reason: "unschedulable",
    publicMessage:
      "No machine of this cluster can hold this server. Choose a smaller profile, or one for another kind of machine.",
    detail: `pod ${pod.metadata?.name ?? ""}: ${message}`,
  };
}

function scheduledCondition(pod: V1Pod) {
  return pod.status?.conditions?.find(({ type }) => type === "PodScheduled");
}

function scheduledAt(pod: V1Pod): Date {
  return new Date(scheduledCondition(pod)?.lastTransitionTime ?? pod.metadata?.creationTimestamp ?? 0);
}
