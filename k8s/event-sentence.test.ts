import { describe, expect, test } from "vitest";
import { eventSentence } from "./event-sentence.ts";

describe("an event is one sentence on the progress page", () => {
  test.each([
    ["Scheduled", "Successfully assigned berth/jupyter-ana to node-1", "A machine was found: node-1."],
    [
      "Pulling",
      'Pulling image "quay.io/jupyter/base-notebook:1"',
      "Fetching the software image quay.io/jupyter/base-notebook:1.",
    ],
    ["Pulled", 'Container image "x:1" already present on machine', "The software image is already there."],
    ["Pulled", 'Successfully pulled image "x:1" in 2.1s', "The software image is fetched."],
    ["FailedScheduling", "0/1 nodes are available: 1 Insufficient cpu.", "Waiting for a machine with enough CPU."],
    [
      "TriggeredScaleUp",
      "pod triggered scale-up: [{a 1->2 (max: 3)}]",
      "A new machine is being added. This takes some minutes.",
    ],
    ["Started", "Started container notebook", "The container has started."],
    ["FailedMount", 'secret "x" not found', 'A volume can\'t be mounted yet: secret "x" not found'],
  ])("%s", (reason, message, sentence) => {
    expect(eventSentence({ reason, message })).toBe(sentence);
  });

  test("what has no sentence keeps Kubernetes' words, or its reason", () => {
    expect(eventSentence({ reason: "Odd", message: "something else " })).toBe("something else");
    expect(eventSentence({ reason: "Odd" })).toBe("Odd");
    expect(eventSentence({ reason: "toString", message: "not a method" })).toBe("not a method");
  });

  test("the kubelet's notice about the cluster's DNS is no line", () => {
    const message =
      "pod: kubelet does not have ClusterDNS IP configured and cannot create Pod using ClusterFirst policy.";
    expect(eventSentence({ reason: "MissingClusterDNS", message })).toBe("");
  });

  test("events.k8s.io's `note` is read too", () => {
    expect(eventSentence({ reason: "Scheduled", note: "Successfully assigned a/b to n2" })).toBe(
      "A machine was found: n2.",
    );
  });
});
