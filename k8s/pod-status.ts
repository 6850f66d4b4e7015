import type { V1ContainerStatus, V1Pod, V1PodCondition } from "@kubernetes/client-node";
import { mainContainerName } from "./container.ts";
import { serverPortName } from "./network-policy.ts";
import { containerFailure, type PodFailure, podFailure } from "./pod-failure.ts";
import { unschedulableFor } from "./unschedulable.ts";

/** What a pod's own status says about the server in it. Fits the hub's `Observation`; this folder imports nothing of the hub. */
export type PodStatus =
  | { readonly kind: "waiting"; readonly phase: PodWaitPhase; readonly detail: string }
  | { readonly kind: "running"; readonly host: string; readonly port: number; readonly since: Date }
  | { readonly kind: "stopping" }
  | { readonly kind: "exited"; readonly failure: PodFailure; readonly at: Date; readonly startedAt?: Date };

export type PodWaitPhase = "storage" | "scheduling" | "pulling" | "starting";

/**
 * Pure, and by the status alone: no log text and no event decides. What Kubernetes can't tell (a lost machine, phase
 * `Unknown`) is never an exit: the last thing the kubelet said stands until the pod itself is gone.
 */
export function podStatus(pod: V1Pod): PodStatus {
  if (pod.metadata?.deletionTimestamp !== undefined) return { kind: "stopping" };
  const main = statusOfMain(pod);
  const failure = podFailure(pod, main) ?? firstContainerFailure(pod);
  if (failure !== undefined) return { kind: "exited", failure, at: endedAt(pod, main), ...startOf(main) };
  const running = main?.state?.running;
  const host = pod.status?.podIP;
  // `started` is false only while a startup probe of the configuration's own hasn't passed.
  if (running !== undefined && main?.started !== false && host !== undefined && host !== "") {
    return { kind: "running", host, port: serverPortOf(pod), since: dateOf(running.startedAt) ?? createdAt(pod) };
  }
  return waitingFor(pod, main);
}

export function serverPortOf(pod: V1Pod): number {
  const ports = pod.spec?.containers.flatMap((container) => container.ports ?? []) ?? [];
  const port = ports.find(({ name }) => name === serverPortName)?.containerPort;
  if (port === undefined) throw new Error(`pod ${pod.metadata?.name ?? "?"} has no port called ${serverPortName}`);
  return port;
}

function waitingFor(pod: V1Pod, main: V1ContainerStatus | undefined): PodStatus {
  const scheduled = conditionOf(pod, "PodScheduled");
  if (scheduled?.status !== "True") return waitingForMachine(scheduled);
  const steps = pod.status?.initContainerStatuses ?? [];
  const step = steps.findIndex(({ state }) => state?.running !== undefined);
  if (step >= 0) {
    const detail = `Preparing: step ${step + 1} of ${steps.length} (${steps[step]?.name ?? ""}) is running.`;
    return { kind: "waiting", phase: "starting", detail };
  }
  if (main?.state?.running !== undefined) {
    return { kind: "waiting", phase: "starting", detail: "The program has started and is getting ready." };
  }
  const reason = main?.state?.waiting?.reason;
  if (reason === "ErrImagePull" || reason === "RegistryUnavailable") {
    return { kind: "waiting", phase: "pulling", detail: "The software couldn't be fetched at once; trying again." };
  }
  // The image's id is known once the image is on the machine; before that, a slow pull and a slow volume look the same.
  const isPulled = main?.imageID !== undefined && main.imageID !== "";
  if (isPulled || reason?.startsWith("Create")) {
    return { kind: "waiting", phase: "starting", detail: "The program is being started." };
  }
  return { kind: "waiting", phase: "pulling", detail: "Attaching your home and fetching the software." };
}

function waitingForMachine(scheduled: V1PodCondition | undefined): PodStatus {
  if (scheduled?.reason !== "Unschedulable") {
    return { kind: "waiting", phase: "scheduling", detail: "Choosing a machine." };
  }
  const { because, sentence } = unschedulableFor(scheduled.message ?? "");
  return { kind: "waiting", phase: because === "storage" ? "storage" : "scheduling", detail: sentence };
}

function firstContainerFailure(pod: V1Pod): PodFailure | undefined {
  const statuses = [...(pod.status?.initContainerStatuses ?? []), ...(pod.status?.containerStatuses ?? [])];
  for (const status of statuses) {
    const failure = containerFailure(pod, status);
    if (failure !== undefined) return failure;
  }
  return undefined;
}

function statusOfMain(pod: V1Pod): V1ContainerStatus | undefined {
  return pod.status?.containerStatuses?.find(({ name }) => name === mainContainerName);
}

function conditionOf(pod: V1Pod, type: string): V1PodCondition | undefined {
  return pod.status?.conditions?.find((condition) => condition.type === type);
}

function endedAt(pod: V1Pod, main: V1ContainerStatus | undefined): Date {
  const changes = (pod.status?.conditions ?? []).flatMap(({ lastTransitionTime }) => dateOf(lastTransitionTime) ?? []);
  const latest = changes.toSorted((a, b) => b.getTime() - a.getTime())[0];
  return dateOf(main?.state?.terminated?.finishedAt) ?? latest ?? createdAt(pod);
}

/** When the main program began, where it ever did: after a crash Kubernetes says so of the last try. */
function startOf(main: V1ContainerStatus | undefined): { startedAt?: Date } {
  const startedAt = dateOf(main?.state?.terminated?.startedAt ?? main?.lastState?.terminated?.startedAt);
  return startedAt === undefined ? {} : { startedAt };
}

function createdAt(pod: V1Pod): Date {
  return dateOf(pod.metadata?.creationTimestamp) ?? new Date(0);
}

/** The typed client gives dates, the API's own JSON gives text. */
function dateOf(value: Date | string | null | undefined): Date | undefined {
  if (value === undefined || value === null) return undefined;
  const date = new Date(value);
  return Number.isNaN(date.getTime()) ? undefined : date;
}
