import { expect, test } from "vitest";
import { isOwned } from "./labels.ts";
import { namespaceObjectFor } from "./namespace.ts";

test("S-74: a namespace carries its owner's label and its pod security, whatever labels the configuration adds", () => {
  const namespace = namespaceObjectFor({
    name: "berth-ana",
    installationId: "inst-1",
    podSecurity: "restricted",
    labels: { team: "a", "pod-security.kubernetes.io/enforce": "privileged", "berth.dev/installation": "x" },
  });
  expect(namespace).toEqual({
    apiVersion: "v1",
    kind: "Namespace",
    metadata: {
      name: "berth-ana",
      labels: {
        team: "a",
        "pod-security.kubernetes.io/enforce": "restricted",
        "pod-security.kubernetes.io/warn": "restricted",
        "pod-security.kubernetes.io/audit": "restricted",
        "app.kubernetes.io/managed-by": "berth",
        "berth.dev/installation": "inst-1",
      },
      annotations: {},
    },
  });
  expect(isOwned(namespace, "inst-1")).toBe(true);
});
