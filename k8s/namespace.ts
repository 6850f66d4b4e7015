import type { V1Namespace } from "@kubernetes/client-node";
import { type Labels, ownershipLabels } from "./labels.ts";

export type PodSecurityLevel = "restricted" | "baseline" | "privileged";

/**
 * A namespace Berth makes and owns. The label is what gives the right to delete it: one made by somebody else is used, never
 * removed (S-74). Pod security admission (on by default since Kubernetes 1.23) repeats what the pods promise.
 */
export function namespaceObjectFor(order: {
  readonly name: string;
  readonly installationId: string;
  readonly podSecurity: PodSecurityLevel;
  readonly labels?: Readonly<Labels>;
  readonly annotations?: Readonly<Labels>;
}): V1Namespace {
  return {
    apiVersion: "v1",
    kind: "Namespace",
    metadata: {
      name: order.name,
      labels: {
        ...order.labels,
        ...podSecurityLabels(order.podSecurity),
        ...ownershipLabels(order.installationId),
      },
      annotations: { ...order.annotations },
    },
  };
}

export function podSecurityLabels(level: PodSecurityLevel): Labels {
  return {
    "pod-security.kubernetes.io/enforce": level,
    "pod-security.kubernetes.io/warn": level,
    "pod-security.kubernetes.io/audit": level,
  };
}
