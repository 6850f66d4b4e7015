import type { V1ContainerStateTerminated, V1ContainerStatus, V1Pod } from "@kubernetes/client-node";
import { mainContainerName } from "./container.ts";
import { generationKey } from "./labels.ts";
import { bytesInWords, parseKubernetesBytes } from "./quantity.ts";
import { secretNameFor } from "./secret.ts";

/** Fits the hub's `SpawnFailure`. */
export type PodFailure = {
  readonly reason: "image" | "command" | "crashed" | "out-of-memory" | "evicted" | "unschedulable" | "timeout";
  readonly publicMessage: string;
  readonly detail: string;
  readonly exitCode?: number | undefined;
};

/** The whole pod is over: its main process ended, or a machine gave it up. Undefined while it isn't. */
export function podFailure(pod: V1Pod, main: V1ContainerStatus | undefined): PodFailure | undefined {
  const phase = pod.status?.phase;
  const terminated = main?.state?.terminated;
  // A main process that the kernel killed for its memory stays the reason, whatever else the kubelet writes.
  if (terminated !== undefined && isKilledForMemory(terminated)) {
    return outOfMemory(pod, mainContainerName, terminated);
  }
  if (phase === "Failed") {
    const byMachine = failureByMachine(pod);
    if (byMachine !== undefined) return byMachine;
  }
  if (terminated !== undefined) return endedByItself(terminated);
  if (phase !== "Failed" && phase !== "Succeeded") return undefined;
  return (
    failedStep(pod) ?? {
      reason: "crashed",
      publicMessage: "Your server ended, and Kubernetes doesn't say why.",
      detail: detailOf(pod),
    }
  );
}

/** A container that will not start, as soon as Kubernetes knows. What may still go well by itself is no failure. */
export function containerFailure(pod: V1Pod, status: V1ContainerStatus): PodFailure | undefined {
  const waiting = status.state?.waiting;
  const reason = waiting?.reason ?? "";
  const message = waiting?.message ?? "";
  const detail = `container ${status.name}: ${reason}: ${message}`;
  if (isImageFailure(reason, message)) {
    return {
      reason: "image",
      publicMessage: `The software image “${imageOf(pod, status.name)}” can't be loaded.`,
      detail,
    };
  }
  if (isStartFailure(pod, reason, message)) {
    return { reason: "command", publicMessage: "The server's program can't be started with these settings.", detail };
  }
  if (reason === "CrashLoopBackOff") {
    return {
      reason: "crashed",
      publicMessage: `A helper program of the server (${status.name}) keeps ending.`,
      detail,
    };
  }
  return undefined;
}

/** What a registry answers that a second try won't change; one busy or out of reach is left to the kubelet's next try. */
const finalImageMessage =
  /not found|manifest unknown|no such image|repository does not exist|unauthorized|authorization failed|access denied|denied:|invalid reference format|no match(?:ing manifest| for platform)|exec format error/i;

/** The kubelet's own limit or the registry's: many starts at once, and the image is fine. */
const busyMessage = /pull QPS exceeded|toomanyrequests|429 Too Many Requests/i;

function isImageFailure(reason: string, message: string): boolean {
  if (reason === "InvalidImageName" || reason === "ErrImageNeverPull") return true;
  if (reason === "ImagePullBackOff") return !busyMessage.test(message);
  return (reason === "ErrImagePull" || reason === "ImageInspectError") && finalImageMessage.test(message);
}

/** The kubelet tries these again: its own caches, a slow container runtime, a name the last try still holds. */
const passingMessage = /failed to sync|timed out|deadline exceeded|is reserved for|connection refused|try again/i;

function isStartFailure(pod: V1Pod, reason: string, message: string): boolean {
  if (reason === "CreateContainerConfigError")
    return !passingMessage.test(message) && !isOurSecretOnItsWay(pod, message);
  if (reason === "CreateContainerError") return !passingMessage.test(message);
  return reason === "RunContainerError" || reason === "PostStartHookError";
}

/** The server's Secret is made right after its pod, because the pod owns it: for a moment the kubelet may not find it. */
function isOurSecretOnItsWay(pod: V1Pod, message: string): boolean {
  const { name = "", labels = {} } = pod.metadata ?? {};
  return message.includes(`"${secretNameFor(name, Number(labels[generationKey]))}" not found`);
}

/** Why a machine ended the pod, by the words the kubelet and the control plane put into `status.reason`. */
function failureByMachine(pod: V1Pod): PodFailure | undefined {
  const reason = pod.status?.reason ?? "";
  const detail = detailOf(pod);
  if (reason === "DeadlineExceeded") {
    return { reason: "timeout", publicMessage: "Your server ran longer than it may.", detail };
  }
  if (/^(?:OutOf.+|NodeAffinity|NodePorts|UnexpectedAdmissionError|.*AdmissionError)$/.test(reason)) {
    return { reason: "unschedulable", publicMessage: "The chosen machine had no room after all.", detail };
  }
  const isDisrupted = pod.status?.conditions?.some(
    ({ type, status }) => type === "DisruptionTarget" && status === "True",
  );
  if (reason === "Evicted") return { reason: "evicted", publicMessage: evictionSentence(pod), detail };
  if (/^(?:Preempt|NodeShutdown|Shutdown|Terminated)/.test(reason) || isDisrupted) {
    return { reason: "evicted", publicMessage: "The machine your server ran on was needed or shut down.", detail };
  }
  return undefined;
}

function evictionSentence(pod: V1Pod): string {
  const message = pod.status?.message ?? "";
  if (/ephemeral|emptydir/i.test(message)) return "Your server wrote more to its own disk than it may.";
  if (/memory/i.test(message)) return "The machine your server ran on was short of memory, so your server was ended.";
  if (/disk|storage|inode/i.test(message))
    return "The machine your server ran on was short of disk, so your server was ended.";
  return "The machine your server ran on needed its resources back, so your server was ended.";
}

function endedByItself(terminated: V1ContainerStateTerminated): PodFailure {
  const { exitCode, reason = "", message = "" } = terminated;
  const detail = `container ${mainContainerName}: ${reason}, exit code ${exitCode}: ${message}`;
  // 126 and 127 are the shell's "can't be executed" and "not found" (POSIX 2.8.2); the other two say that nothing ever ran.
  if (reason === "StartError" || reason === "ContainerCannotRun" || exitCode === 126 || exitCode === 127) {
    return { reason: "command", publicMessage: "The server's program can't be started.", detail, exitCode };
  }
  if (reason === "ContainerStatusUnknown") {
    return { reason: "evicted", publicMessage: "The machine your server ran on was restarted.", detail };
  }
  if (exitCode === 0) return { reason: "crashed", publicMessage: "Your server shut itself down.", detail, exitCode };
  return {
    reason: "crashed",
    publicMessage: `Your server's program ended with an error (exit code ${exitCode}).`,
    detail,
    exitCode,
  };
}

/**
 * containerd keeps `OOMKilled` as the container's reason from the first process in it that the kernel killed, be it a Jupyter
 * kernel days ago (internal/cri/server/events.go, TaskOOM). Only who was killed itself ends with 128 + SIGKILL.
 */
function isKilledForMemory({ reason, exitCode }: V1ContainerStateTerminated): boolean {
  return reason === "OOMKilled" && exitCode === 137;
}

function failedStep(pod: V1Pod): PodFailure | undefined {
  const statuses = [...(pod.status?.initContainerStatuses ?? []), ...(pod.status?.containerStatuses ?? [])];
  const failed = statuses.find(({ state }) => (state?.terminated?.exitCode ?? 0) !== 0);
  const terminated = failed?.state?.terminated;
  if (failed === undefined || terminated === undefined) return undefined;
  if (isKilledForMemory(terminated)) return outOfMemory(pod, failed.name, terminated);
  return {
    reason: "crashed",
    publicMessage: `A step that prepares your server (${failed.name}) failed with exit code ${terminated.exitCode}.`,
    detail: `container ${failed.name}: ${terminated.reason ?? ""}, exit code ${terminated.exitCode}: ${terminated.message ?? ""}`,
    exitCode: terminated.exitCode,
  };
}

function outOfMemory(pod: V1Pod, name: string, terminated: V1ContainerStateTerminated): PodFailure {
  const limit = containerOf(pod, name)?.resources?.limits?.memory;
  const limitInWords = limit === undefined ? "" : ` (limit ${bytesInWords(parseKubernetesBytes(limit))})`;
  const who = name === mainContainerName ? "Your server" : `A step that prepares your server (${name})`;
  return {
    reason: "out-of-memory",
    publicMessage: `${who} ran out of memory${limitInWords}.`,
    detail: `container ${name}: OOMKilled, exit code ${terminated.exitCode}, memory limit ${limit ?? "unknown"}`,
    exitCode: terminated.exitCode,
  };
}

function containerOf(pod: V1Pod, name: string) {
  const containers = [...(pod.spec?.containers ?? []), ...(pod.spec?.initContainers ?? [])];
  return containers.find((container) => container.name === name);
}

function imageOf(pod: V1Pod, name: string): string {
  return containerOf(pod, name)?.image ?? "";
}

function detailOf(pod: V1Pod): string {
  const { reason = "", message = "", phase = "" } = pod.status ?? {};
  return [`pod ${pod.metadata?.name ?? ""}: ${phase}`, reason, message].filter((part) => part !== "").join(": ");
}
