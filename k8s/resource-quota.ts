import type { V1ResourceQuota } from "@kubernetes/client-node";
import { type Labels, ownershipLabels } from "./labels.ts";
import { parseKubernetesQuantity, printBytes, printCpu } from "./quantity.ts";

/** What a group may use at once. A key that is absent is no limit. */
export type QuotaAmounts = {
  readonly cpuRequestMillicores?: number;
  readonly cpuLimitMillicores?: number;
  readonly memoryRequestBytes?: number;
  readonly memoryLimitBytes?: number;
  readonly gpus?: number;
  readonly storageBytes?: number;
  readonly servers?: number;
  readonly homes?: number;
};

export type QuotaOrder = {
  readonly namespace: string;
  readonly installationId: string;
  readonly amounts: QuotaAmounts;
  /** Resources that count as `gpus`, such as `nvidia.com/gpu`. Kubernetes knows no sum over them: each gets the whole amount. */
  readonly gpuResources: readonly string[];
  /** The group's shared volume, which lies beside its homes; null where there is none. */
  readonly sharedVolumeBytes: number | null;
};

export const quotaName = "berth-group";

/**
 * The backstop of the hub's own count, as exact as that: a place is free when the pod is gone, for both. An empty one where nothing binds,
 * so that one that isn't there is always one that somebody removed.
 */
export function resourceQuotaFor(order: QuotaOrder): V1ResourceQuota {
  const hard = hardFor(order);
  const { namespace, installationId } = order;
  return {
    apiVersion: "v1",
    kind: "ResourceQuota",
    metadata: { name: quotaName, namespace, labels: ownershipLabels(installationId) },
    spec: { hard },
  };
}

function hardFor({ amounts, gpuResources, sharedVolumeBytes }: QuotaOrder): Labels {
  const hard: Labels = {};
  const set = (resource: string, amount: number | undefined, print: (amount: number) => string) => {
    if (amount !== undefined) hard[resource] = print(amount);
  };
  set("requests.cpu", amounts.cpuRequestMillicores, printCpu);
  set("limits.cpu", amounts.cpuLimitMillicores, printCpu);
  set("requests.memory", amounts.memoryRequestBytes, printBytes);
  set("limits.memory", amounts.memoryLimitBytes, printBytes);
  for (const resource of gpuResources) set(`requests.${resource}`, amounts.gpus, String);
  set("pods", amounts.servers, String);
  const shared = sharedVolumeBytes ?? 0;
  set("requests.storage", amounts.storageBytes, (bytes) => printBytes(bytes + shared));
  set("persistentvolumeclaims", amounts.homes, (homes) => String(homes + (sharedVolumeBytes === null ? 0 : 1)));
  return hard;
}

/** Whether these say the same; `2000m` and `2` do. */
export function sameAmounts(a: Readonly<Labels> | undefined, b: Readonly<Labels> | undefined): boolean {
  const [left, right] = [Object.entries(a ?? {}), Object.entries(b ?? {})];
  return left.length === right.length && left.every(([key, amount]) => isSame(amount, b?.[key]));
}

function isSame(one: string, other: string | undefined): boolean {
  return other !== undefined && parseKubernetesQuantity(one) === parseKubernetesQuantity(other);
}

/** Counted by the cluster: until its status repeats what the spec says, admission answers "status unknown for quota". */
export function isCounted({ spec, status }: V1ResourceQuota): boolean {
  if (Object.keys(spec?.hard ?? {}).length === 0) return true;
  return status?.used !== undefined && sameAmounts(spec?.hard, status.hard);
}
