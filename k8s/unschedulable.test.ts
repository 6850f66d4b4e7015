import { describe, expect, test } from "vitest";
import { unschedulableFor } from "./unschedulable.ts";

const tooLarge =
  "0/3 nodes are available: 1 node(s) had untolerated taint(s), 2 Insufficient memory. preemption: 0/3 nodes are available: 3 Preemption is not helpful for scheduling.";
const full =
  "0/3 nodes are available: 1 node(s) had untolerated taint {node-role.kubernetes.io/control-plane: }, 2 Insufficient cpu. preemption: 0/3 nodes are available: 1 Preemption is not helpful for scheduling, 2 No preemption victims found for incoming pod.";

describe("F-26: why no machine takes a server", () => {
  test.each([
    ["never-fits", tooLarge],
    [
      "never-fits",
      "0/2 nodes are available: 2 node(s) didn't match Pod's node affinity/selector. preemption: 0/2 nodes are available: 2 Preemption is not helpful for scheduling.",
    ],
    ["no-room", full],
    [
      "no-room",
      "0/1 nodes are available: 1 Too many pods. preemption: 0/1 nodes are available: 1 No preemption victims found for incoming pod.",
    ],
    // Before 1.23 the scheduler says nothing about preemption: then it may be room alone that lacks.
    ["no-room", "0/2 nodes are available: 2 Insufficient memory."],
    [
      "storage",
      "0/1 nodes are available: pod has unbound immediate PersistentVolumeClaims. not found. preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling.",
    ],
    [
      "storage",
      "0/4 nodes are available: 4 node(s) had volume node affinity conflict. preemption: 0/4 nodes are available: 4 Preemption is not helpful for scheduling.",
    ],
    ["storage", '0/1 nodes are available: persistentvolumeclaim "claim-ana" not found.'],
    // Every machine is going through something: that passes, so it isn't the request.
    [
      "no-machine",
      "0/2 nodes are available: 2 node(s) had untolerated taint {node.kubernetes.io/not-ready: }. preemption: 0/2 nodes are available: 2 Preemption is not helpful for scheduling.",
    ],
    ["no-machine", "no nodes available to schedule pods"],
    ["no-machine", ""],
  ] as const)("%s: %s", (because, message) => {
    expect(unschedulableFor(message).because).toBe(because);
  });

  test("the sentence says what lacks, in words people know", () => {
    expect(unschedulableFor(full).sentence).toBe("Waiting for a machine with enough CPU.");
    expect(
      unschedulableFor("0/2 nodes are available: 1 Insufficient nvidia.com/gpu, 2 Insufficient memory.").sentence,
    ).toBe("Waiting for a machine with enough GPUs and memory.");
    expect(unschedulableFor(tooLarge).sentence).toMatch(/^Waiting for a machine: none .* large enough/);
  });
});
