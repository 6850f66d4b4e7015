import type { V1ContainerState, V1ContainerStatus, V1Pod, V1PodCondition, V1PodStatus } from "@kubernetes/client-node";
import { describe, expect, test } from "vitest";
import { simplestOrder, withPod } from "./example-orders.ts";
import { podFor } from "./pod.ts";
import type { PodFailure } from "./pod-failure.ts";
import { podStatus } from "./pod-status.ts";

const startedAt = new Date("2026-03-01T12:00:00Z");
const finishedAt = new Date("2026-03-01T12:03:00Z");
const base = podFor(withPod(simplestOrder, { initContainers: [{ name: "chown", image: "alpine" }] }));

function podWith(status: V1PodStatus, metadata: V1Pod["metadata"] = {}): V1Pod {
  return { ...base, metadata: { ...base.metadata, creationTimestamp: startedAt, ...metadata }, status };
}

function containerWith(state: V1ContainerState, more: Partial<V1ContainerStatus> = {}): V1ContainerStatus {
  return { name: "notebook", image: "i", imageID: "", ready: false, restartCount: 0, state, ...more };
}

const scheduled: V1PodCondition = { type: "PodScheduled", status: "True" };
const podIP = "10.1.2.3";
const waiting = (reason: string, message = "", more: Partial<V1ContainerStatus> = {}) =>
  podStatus(
    podWith({
      phase: "Pending",
      conditions: [scheduled],
      containerStatuses: [containerWith({ waiting: { reason, message } }, more)],
    }),
  );
const ended = (exitCode: number, reason: string, status: Partial<V1PodStatus> = {}) =>
  podStatus(
    podWith({
      phase: exitCode === 0 ? "Succeeded" : "Failed",
      containerStatuses: [containerWith({ terminated: { exitCode, reason, finishedAt } })],
      ...status,
    }),
  );
const failureOf = (status: ReturnType<typeof podStatus>): PodFailure | null =>
  status.kind === "exited" ? status.failure : null;

describe("a pod on its way is waiting, and says for what", () => {
  test("not looked at by the scheduler yet", () => {
    expect(podStatus(podWith({ phase: "Pending" }))).toEqual({
      kind: "waiting",
      phase: "scheduling",
      detail: "Choosing a machine.",
    });
    expect(podStatus(podWith({}))).toMatchObject({ kind: "waiting", phase: "scheduling" });
  });

  test.each([
    ["scheduling", "0/1 nodes are available: 1 Insufficient cpu.", /^Waiting for a machine/],
    ["storage", "0/1 nodes are available: pod has unbound immediate PersistentVolumeClaims.", /home's storage/],
  ])("F-26: no machine takes it: %s", (phase, message, detail) => {
    const condition = { type: "PodScheduled", status: "False", reason: "Unschedulable", message };
    const status = podStatus(podWith({ phase: "Pending", conditions: [condition] }));
    expect(status).toMatchObject({ kind: "waiting", phase, detail: expect.stringMatching(detail) });
  });

  test("F-20: a pull that takes long is no failure, nor is one that didn't work at once", () => {
    expect(waiting("ContainerCreating")).toMatchObject({ kind: "waiting", phase: "pulling" });
    for (const message of ["dial tcp: i/o timeout", "429 Too Many Requests", "net/http: TLS handshake timeout", ""]) {
      expect(waiting("ErrImagePull", message)).toMatchObject({ kind: "waiting", phase: "pulling" });
    }
    expect(waiting("ImagePullBackOff", 'Back-off pulling image "x": ErrImagePull: pull QPS exceeded')).toMatchObject({
      kind: "waiting",
      phase: "pulling",
    });
  });

  test("a preparing step that runs is told by its name", () => {
    const initContainerStatuses = [containerWith({ running: { startedAt } }, { name: "chown" })];
    const status = podStatus(
      podWith({
        phase: "Pending",
        conditions: [scheduled],
        initContainerStatuses,
        containerStatuses: [containerWith({ waiting: { reason: "PodInitializing" } })],
      }),
    );
    expect(status).toEqual({
      kind: "waiting",
      phase: "starting",
      detail: "Preparing: step 1 of 1 (chown) is running.",
    });
  });

  test("the image is there and the program isn't yet", () => {
    expect(waiting("ContainerCreating", "", { imageID: "sha256:1" })).toMatchObject({
      kind: "waiting",
      phase: "starting",
    });
  });

  test("its own Secret, made a moment after the pod, isn't a wrong setting", () => {
    expect(waiting("CreateContainerConfigError", 'secret "jupyter-ana-3" not found')).toMatchObject({
      kind: "waiting",
      phase: "starting",
    });
    expect(
      waiting("CreateContainerConfigError", "failed to sync secret cache: timed out waiting for the condition"),
    ).toMatchObject({ kind: "waiting" });
    expect(failureOf(waiting("CreateContainerConfigError", 'secret "licence" not found'))?.reason).toBe("command");
  });

  test("a program without an address, or with a start-up probe that hasn't passed, isn't running yet", () => {
    const running = containerWith({ running: { startedAt } });
    const status = { phase: "Running", conditions: [scheduled], containerStatuses: [running] };
    expect(podStatus(podWith(status))).toMatchObject({ kind: "waiting", phase: "starting" });
    const notStarted = { ...status, podIP, containerStatuses: [{ ...running, started: false }] };
    expect(podStatus(podWith(notStarted))).toMatchObject({ kind: "waiting", phase: "starting" });
  });
});

describe("a pod that runs", () => {
  const running: V1PodStatus = {
    phase: "Running",
    podIP,
    conditions: [scheduled],
    containerStatuses: [containerWith({ running: { startedAt } }, { started: true })],
  };

  test("is running at its address and named port", () => {
    expect(podStatus(podWith(running))).toEqual({ kind: "running", host: podIP, port: 8888, since: startedAt });
  });

  test("is read from the API's own JSON, where times are text", () => {
    const json: V1Pod = JSON.parse(JSON.stringify(podWith(running)));
    expect(podStatus(json)).toEqual({ kind: "running", host: podIP, port: 8888, since: startedAt });
  });

  test("goes on running when its machine is lost: unknown is never ended", () => {
    for (const lost of [
      { phase: "Unknown" },
      { reason: "NodeLost" },
      { conditions: [scheduled, { type: "Ready", status: "Unknown" }] },
    ]) {
      expect(podStatus(podWith({ ...running, ...lost }))).toMatchObject({ kind: "running" });
    }
    expect(podStatus(podWith({ phase: "Unknown", conditions: [scheduled] })).kind).toBe("waiting");
  });

  test("is stopping once it is marked for deletion, whatever else its status says", () => {
    expect(podStatus(podWith(running, { deletionTimestamp: finishedAt }))).toEqual({ kind: "stopping" });
    expect(podStatus(podWith({ phase: "Failed", reason: "NodeLost" }, { deletionTimestamp: finishedAt }))).toEqual({
      kind: "stopping",
    });
  });
});

describe("F-20: an image that can't be had fails as soon as Kubernetes knows", () => {
  test.each([
    ["ImagePullBackOff", 'Back-off pulling image "x"'],
    ["InvalidImageName", 'Failed to apply default image tag "x:y:z": couldn\'t parse image name'],
    ["ErrImageNeverPull", ""],
    ["ErrImagePull", 'failed to resolve reference "docker.io/library/x:1": docker.io/library/x:1: not found'],
    ["ErrImagePull", "pull access denied, repository does not exist or may require authorization"],
    ["ErrImagePull", "unexpected status from HEAD request: 401 Unauthorized"],
    ["ErrImagePull", "no match for platform in manifest: not found"],
  ])("%s %s", (reason, message) => {
    const failure = failureOf(waiting(reason, message));
    expect(failure).toMatchObject({
      reason: "image",
      publicMessage: "The software image “quay.io/jupyter/base-notebook:2026-01-05” can't be loaded.",
    });
    expect(failure?.detail).toContain(reason);
  });

  test("of a preparing step too, by that step's image", () => {
    const initContainerStatuses = [containerWith({ waiting: { reason: "ImagePullBackOff" } }, { name: "chown" })];
    const status = podStatus(podWith({ phase: "Pending", conditions: [scheduled], initContainerStatuses }));
    expect(failureOf(status)).toMatchObject({ reason: "image", publicMessage: expect.stringContaining("“alpine”") });
  });
});

describe("a program that can't be started", () => {
  test.each([
    ["CreateContainerConfigError", "container has runAsNonRoot and image will run as root"],
    ["CreateContainerError", "context: no command specified"],
    ["RunContainerError", 'exec: "nope": executable file not found in $PATH'],
  ])("waiting for ever with %s", (reason, message) => {
    expect(failureOf(waiting(reason, message))).toMatchObject({
      reason: "command",
      detail: expect.stringContaining(message),
    });
  });

  test("a container runtime that is slow is given time", () => {
    expect(waiting("CreateContainerError", "context deadline exceeded").kind).toBe("waiting");
  });

  test.each([
    [128, "StartError"],
    [127, "ContainerCannotRun"],
    [127, "Error"],
    [126, "Error"],
  ])("ended with %d, %s", (exitCode, reason) => {
    expect(failureOf(ended(exitCode, reason))).toMatchObject({ reason: "command", exitCode });
  });
});

describe("F-25: a server that ended says why", () => {
  test("out of memory, with the limit it had", () => {
    expect(ended(137, "OOMKilled")).toEqual({
      kind: "exited",
      at: finishedAt,
      failure: {
        reason: "out-of-memory",
        publicMessage: "Your server ran out of memory (limit 1 GiB).",
        detail: "container notebook: OOMKilled, exit code 137, memory limit 1Gi",
        exitCode: 137,
      },
    });
  });

  test("a kernel that died of memory is not why the server ended later, though containerd keeps the word", () => {
    expect(failureOf(ended(0, "OOMKilled"))).toMatchObject({ reason: "crashed", exitCode: 0 });
    expect(failureOf(ended(1, "OOMKilled"))).toMatchObject({ reason: "crashed", exitCode: 1 });
  });

  test("out of memory stays the reason when the machine evicts what is left, or a helper still runs", () => {
    expect(failureOf(ended(137, "OOMKilled", { reason: "Evicted" }))?.reason).toBe("out-of-memory");
    expect(failureOf(ended(137, "OOMKilled", { phase: "Running" }))?.reason).toBe("out-of-memory");
  });

  test("a kernel that dies alone leaves the server running: only the main process counts", () => {
    const killedBefore = containerWith(
      { running: { startedAt } },
      { lastState: { terminated: { exitCode: 137, reason: "OOMKilled" } } },
    );
    expect(
      podStatus(podWith({ phase: "Running", podIP, conditions: [scheduled], containerStatuses: [killedBefore] })).kind,
    ).toBe("running");
  });

  test("an error of its own, with the exit code", () => {
    expect(failureOf(ended(1, "Error"))).toMatchObject({
      reason: "crashed",
      exitCode: 1,
      publicMessage: expect.stringContaining("exit code 1"),
    });
    expect(failureOf(ended(137, "Error"))?.reason).toBe("crashed");
  });

  test("a server shut down from inside isn't called an error", () => {
    expect(failureOf(ended(0, "Completed"))).toMatchObject({
      reason: "crashed",
      exitCode: 0,
      publicMessage: "Your server shut itself down.",
    });
  });

  test("a main process that ended is seen while a helper goes on", () => {
    expect(ended(1, "Error", { phase: "Running" }).kind).toBe("exited");
  });

  test.each([
    [
      "Evicted",
      "Pod ephemeral local storage usage exceeds the total limit of containers 20Gi.",
      "evicted",
      /wrote more/,
    ],
    ["Evicted", "The node was low on resource: memory. Threshold quantity: 100Mi", "evicted", /short of memory/],
    ["Evicted", "The node was low on resource: inodes.", "evicted", /short of disk/],
    ["Evicted", "The node had condition: [PIDPressure].", "evicted", /needed its resources/],
    ["Preempting", "Preempted in order to admit critical pod", "evicted", /needed or shut down/],
    ["Terminated", "Pod was terminated in response to imminent node shutdown.", "evicted", /needed or shut down/],
    ["NodeShutdown", "", "evicted", /needed or shut down/],
    ["OutOfcpu", "Node didn't have enough resource: cpu", "unschedulable", /no room after all/],
    ["UnexpectedAdmissionError", "Allocate failed", "unschedulable", /no room after all/],
    ["DeadlineExceeded", "", "timeout", /longer than it may/],
  ])("%s %s", (reason, message, expected, sentence) => {
    const failure = failureOf(podStatus(podWith({ phase: "Failed", reason, message })));
    expect(failure).toMatchObject({ reason: expected, publicMessage: expect.stringMatching(sentence) });
    expect(failure?.detail).toContain(reason);
  });

  test("a machine that came back without its containers, and one that a controller cleared, are the machine's doing", () => {
    expect(failureOf(ended(137, "ContainerStatusUnknown"))?.reason).toBe("evicted");
    const conditions = [
      { type: "DisruptionTarget", status: "True", reason: "DeletionByPodGC", lastTransitionTime: finishedAt },
    ];
    expect(podStatus(podWith({ phase: "Failed", conditions }))).toMatchObject({
      kind: "exited",
      at: finishedAt,
      failure: { reason: "evicted" },
    });
  });

  test("a preparing step that failed is named, and its own limit when that was it", () => {
    const stepEnded = (exitCode: number, reason: string) =>
      failureOf(
        podStatus(
          podWith({
            phase: "Failed",
            initContainerStatuses: [containerWith({ terminated: { exitCode, reason } }, { name: "chown" })],
            containerStatuses: [containerWith({ waiting: { reason: "PodInitializing" } })],
          }),
        ),
      );
    expect(stepEnded(1, "Error")).toMatchObject({
      reason: "crashed",
      exitCode: 1,
      publicMessage: expect.stringContaining("(chown)"),
    });
    expect(stepEnded(137, "OOMKilled")).toMatchObject({
      reason: "out-of-memory",
      publicMessage: expect.stringContaining("limit 256 MiB"),
    });
  });

  test("a helper that keeps ending is named", () => {
    const helper = containerWith(
      { waiting: { reason: "CrashLoopBackOff", message: "back-off 5m0s" } },
      { name: "sync" },
    );
    const status = podStatus(
      podWith({ phase: "Running", podIP, conditions: [scheduled], containerStatuses: [helper] }),
    );
    expect(failureOf(status)).toMatchObject({ reason: "crashed", publicMessage: expect.stringContaining("(sync)") });
  });

  test("a pod that ended without a word is still an end", () => {
    expect(podStatus(podWith({ phase: "Failed" }))).toMatchObject({
      kind: "exited",
      at: startedAt,
      failure: { reason: "crashed" },
    });
  });
});
