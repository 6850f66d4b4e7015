import { randomUUID } from "node:crypto";
import type { V1PodStatus } from "@kubernetes/client-node";
import type { KubeJson, KubeStore } from "./kube-api-store.ts";

/** What kubelet and scheduler would do, done by the test; or by itself in automatic mode. */
export class KubePods {
  readonly #store: KubeStore;
  readonly #logs = new Map<string, string>();
  /** Set: pods run at once, at this address. */
  auto: { readonly ip: string } | null = null;
  /** What the cluster makes of a new pod; by default nothing. */
  onCreated: (pod: KubeJson) => void = () => undefined;
  /** Whether a deleted pod waits for `finishDeleting`. */
  slowToEnd = false;

  constructor(store: KubeStore) {
    this.#store = store;
  }

  all(): KubeJson[] {
    return this.#store.list("pods", null);
  }

  named(name: string): KubeJson {
    const pod = this.all().find(({ metadata }) => metadata.name === name);
    if (pod === undefined) throw new Error(`the fake has no pod ${name}`);
    return pod;
  }

  created(pod: KubeJson): void {
    this.#store.update("pods", { ...pod, status: { phase: "Pending" } });
    if (this.auto !== null) this.setRunning(pod.metadata.name, this.auto.ip);
    this.onCreated(pod);
  }

  setStatus(name: string, status: V1PodStatus): void {
    this.#store.update("pods", { ...this.named(name), status: JSON.parse(JSON.stringify(status)) });
  }

  setRunning(name: string, ip: string): void {
    this.setStatus(name, {
      phase: "Running",
      podIP: ip,
      conditions: [scheduled, { type: "Ready", status: "True" }],
      containerStatuses: [main({ state: { running: { startedAt: new Date() } }, ready: true, started: true })],
    });
  }

  /** What the kubelet writes while a container can't start: `ErrImagePull`, `ImagePullBackOff`, `CreateContainerConfigError`. */
  setWaiting(name: string, reason: string, message = ""): void {
    const state = { waiting: { reason, message } };
    this.setStatus(name, { phase: "Pending", conditions: [scheduled], containerStatuses: [main({ state })] });
  }

  setUnschedulable(name: string, message: string): void {
    const condition = {
      type: "PodScheduled",
      status: "False",
      reason: "Unschedulable",
      message,
      lastTransitionTime: new Date(),
    };
    this.setStatus(name, { phase: "Pending", conditions: [condition] });
  }

  setExited(name: string, exitCode: number, reason = exitCode === 0 ? "Completed" : "Error"): void {
    const state = { terminated: { exitCode, reason, finishedAt: new Date() } };
    const phase = exitCode === 0 ? "Succeeded" : "Failed";
    this.setStatus(name, { phase, conditions: [scheduled], containerStatuses: [main({ state })] });
  }

  setEvicted(name: string, message: string): void {
    this.setStatus(name, { phase: "Failed", reason: "Evicted", message, conditions: [scheduled] });
  }

  setLog(name: string, text: string): void {
    this.#logs.set(name, text);
  }

  log(name: string, tailLines: number): string | undefined {
    const text = this.#logs.get(name);
    return text === undefined ? undefined : `${text.trimEnd().split("\n").slice(-tailLines).join("\n")}\n`;
  }

  /** As `kubectl delete --force`: at once, without asking anybody. */
  kill(name: string): void {
    this.#store.remove("pods", this.named(name));
  }

  beginDeleting(pod: KubeJson): void {
    if (pod.metadata.deletionTimestamp !== undefined) return;
    const deletionTimestamp = new Date().toISOString();
    this.#store.update("pods", {
      ...pod,
      metadata: { ...pod.metadata, deletionTimestamp, deletionGracePeriodSeconds: 1 },
    });
    if (!this.slowToEnd) this.finishDeleting(pod.metadata.name);
  }

  finishDeleting(name: string): void {
    this.#store.remove("pods", this.named(name));
  }

  addEvent(name: string, reason: string, message: string, type: "Normal" | "Warning" = "Normal"): void {
    const { uid, namespace = null } = this.named(name).metadata;
    const event = {
      metadata: { name: `${name}.${randomUUID()}` },
      involvedObject: { kind: "Pod", name, namespace, uid },
      lastTimestamp: new Date().toISOString(),
      reason,
      message,
      type,
    };
    this.#store.create("events", namespace, event);
  }
}

const scheduled = { type: "PodScheduled", status: "True" };

function main(status: object) {
  return { name: "notebook", image: "image", imageID: "", ready: false, restartCount: 0, ...status };
}
