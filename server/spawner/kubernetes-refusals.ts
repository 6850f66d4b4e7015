import {
  isConflict,
  isForbidden,
  isNamespaceTerminating,
  isNotFound,
  isQuotaExceeded,
  isQuotaUncounted,
  isTooManyRequests,
  isUnavailable,
  type KubeApiError,
} from "#k8s/errors.ts";
import { bytesInWords, parseKubernetesQuantity } from "#k8s/quantity.ts";
import type { SpawnFailureReason, StartOutcome } from "./spawner.ts";

/** What the API server's "no" to a pod, a claim or a secret means for the start. */
export function outcomeOf(error: KubeApiError): StartOutcome {
  // Not narrowed by the predicates: "not this" would otherwise mean "never".
  const seen: unknown = error;
  if (isTooManyRequests(seen)) {
    return retry((error.retryAfterSeconds ?? 1) * 1000, "The cluster is busy; your start is in its queue.");
  }
  if (isUnavailable(seen)) return retry(2000, "The cluster doesn't answer right now; trying again.");
  if (isQuotaUncounted(seen)) return retry(500, "The group's quota is being counted.");
  if (isConflict(seen)) return retry(500, "Something else changed at the same moment; trying again.");
  if (isQuotaExceeded(seen)) return refused("quota", quotaSentence(error.detail), error);
  if (isNamespaceTerminating(seen)) {
    return refused("rejected", "The space this server belongs to is being removed.", error);
  }
  if (isAccountOnItsWay(error)) return retry(500, "The space for your server is being prepared.");
  if (isForbidden(seen) && /violates PodSecurity/i.test(error.detail)) {
    return refused(
      "rejected",
      "The cluster's security rules don't allow this profile. An administrator has to change it.",
      error,
    );
  }
  if (isNotFound(seen)) {
    return refused(
      "rejected",
      "The place where your server should run doesn't exist. An administrator has to make it.",
      error,
    );
  }
  return refused("rejected", "The cluster refused this server. An administrator can see why in the details.", error);
}

/** A new namespace has its `default` account a moment later; any other name that is missing stays missing. */
function isAccountOnItsWay(error: KubeApiError): boolean {
  return isForbidden(error) && /service account [^ ]*\/default: /.test(error.detail);
}

function refused(reason: SpawnFailureReason, publicMessage: string, error: KubeApiError): StartOutcome {
  const detail = `${error.status} ${error.reason}: ${error.detail}`;
  return { kind: "refused", failure: { reason, publicMessage, detail } };
}

function retry(afterMs: number, because: string): StartOutcome {
  return { kind: "retry", afterMs, because };
}

const resourceWords: Readonly<Record<string, string>> = {
  cpu: "CPU",
  memory: "memory",
  storage: "storage",
  pods: "servers",
  persistentvolumeclaims: "homes",
  secrets: "secrets",
};

/** From `exceeded quota: compute, requested: limits.cpu=1, used: limits.cpu=16, limited: limits.cpu=16`. */
export function quotaSentence(detail: string): string {
  const requested = amountsAfter(detail, "requested");
  const used = amountsAfter(detail, "used");
  const limited = amountsAfter(detail, "limited");
  const parts = new Set<string>();
  for (const [resource, wanted] of requested) {
    const limit = limited.get(resource);
    const inUse = used.get(resource) ?? "0";
    if (limit === undefined) continue;
    const word = wordFor(resource);
    parts.add(
      `${amount(resource, inUse)} of ${amount(resource, limit)} ${word} in use, this server needs ${amount(resource, wanted)}`,
    );
  }
  const said = [...parts].join("; ");
  return said === ""
    ? "The quota here is used up. Stop another server, or choose a smaller profile."
    : `The quota here is used up: ${said}. Stop another server, or choose a smaller profile.`;
}

function amountsAfter(detail: string, word: string): Map<string, string> {
  const list = new RegExp(`${word}: ([^\\s,]+(?:,[^\\s,]+)*)`).exec(detail)?.[1] ?? "";
  return new Map(
    list.split(",").flatMap((pair) => (pair.includes("=") ? [pair.split("=", 2) as [string, string]] : [])),
  );
}

function wordFor(resource: string): string {
  const last = resource.split(/[./]/).at(-1) ?? resource;
  return resourceWords[last] ?? (/gpu/i.test(resource) ? "GPUs" : resource);
}

function amount(resource: string, quantity: string): string {
  try {
    const value = parseKubernetesQuantity(quantity);
    return /memory|storage/.test(resource) ? bytesInWords(value) : String(value);
  } catch {
    return quantity;
  }
}
