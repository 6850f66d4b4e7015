import { describe, expect, test } from "vitest";
import { KubeApiError } from "#k8s/errors.ts";
import { outcomeOf, quotaSentence } from "./kubernetes-refusals.ts";

const error = (status: number, detail: string, more: Partial<KubeApiError> = {}) =>
  new KubeApiError({ status, reason: "", detail, causes: [], retryAfterSeconds: null, ...more });

describe("what the API server's no means", () => {
  test.each([
    ["F-06: 429", error(429, "too many requests", { retryAfterSeconds: 7 }), 7000],
    ["F-04: no answer", error(0, "connect ECONNREFUSED"), 2000],
    ["F-05: a server error", error(500, "etcdserver: request timed out"), 2000],
    ["R-04: quota bookkeeping that collided", error(409, 'Operation cannot be fulfilled on resourcequotas "q"'), 500],
    [
      "R-04: quota that was not counted yet",
      error(403, 'pods "a" is forbidden: status unknown for quota: q, resources: limits.cpu'),
      500,
    ],
    [
      "a namespace whose account is not there yet",
      error(
        403,
        'pods "a" is forbidden: error looking up service account berth/default: serviceaccount "default" not found',
      ),
      500,
    ],
  ])("%s passes by itself: asked again, never shown as a failure", (_title, refusal, afterMs) => {
    expect(outcomeOf(refusal)).toMatchObject({ kind: "retry", afterMs });
  });

  test.each([
    [
      "F-21: a quota that is used up",
      error(403, 'pods "a" is forbidden: exceeded quota: q, requested: pods=1, used: pods=3, limited: pods=3'),
      "quota",
    ],
    [
      "F-27: a namespace on its way out",
      error(403, "namespace is being terminated", { causes: ["NamespaceTerminating"] }),
      "rejected",
    ],
    ["pod security", error(403, 'pods "a" is forbidden: violates PodSecurity "restricted:latest"'), "rejected"],
    [
      "an account the configuration names and nobody made",
      error(403, 'pods "a" is forbidden: error looking up service account berth/gpu: serviceaccount "gpu" not found'),
      "rejected",
    ],
    ["a field that is wrong", error(422, "Pod is invalid: spec.containers[0].image: Required value"), "rejected"],
    ["a namespace that isn't there", error(404, 'namespaces "berth" not found'), "rejected"],
  ])("%s ends the start, with Kubernetes' own words for the admin only", (_title, refusal, reason) => {
    const outcome = outcomeOf(refusal);
    expect(outcome).toMatchObject({ kind: "refused", failure: { reason } });
    if (outcome.kind !== "refused") throw new Error("unreachable");
    expect(outcome.failure.detail).toContain(refusal.detail);
    expect(outcome.failure.publicMessage).not.toContain("forbidden");
  });

  test("F-21: the sentence says what is used, of how much, and what was asked for", () => {
    const detail =
      'pods "a" is forbidden: exceeded quota: compute, requested: limits.cpu=1,limits.memory=2Gi, used: limits.cpu=15500m,limits.memory=30Gi, limited: limits.cpu=16,limits.memory=32Gi';
    expect(quotaSentence(detail)).toBe(
      "The quota here is used up: 15.5 of 16 CPU in use, this server needs 1; 30 GiB of 32 GiB memory in use, this server needs 2 GiB. Stop another server, or choose a smaller profile.",
    );
    expect(quotaSentence("exceeded quota: odd words")).toContain("The quota here is used up.");
  });
});
