import type { V1Secret } from "@kubernetes/client-node";
import { ownershipLabels } from "./labels.ts";

const pullSecretTypes: readonly (string | undefined)[] = ["kubernetes.io/dockerconfigjson", "kubernetes.io/dockercfg"];

/** A key of another kind is never carried to where servers run, whatever the configuration names. */
export function isPullSecret({ type }: V1Secret): boolean {
  return pullSecretTypes.includes(type);
}

/** A copy, for another namespace, of credentials for a registry. */
export function pullSecretCopyFor(
  original: V1Secret,
  place: { readonly namespace: string; readonly installationId: string },
): V1Secret {
  return {
    apiVersion: "v1",
    kind: "Secret",
    metadata: {
      name: original.metadata?.name ?? "",
      namespace: place.namespace,
      labels: ownershipLabels(place.installationId),
    },
    type: original.type ?? "",
    data: { ...original.data },
  };
}
