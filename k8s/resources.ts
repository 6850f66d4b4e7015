import { type KubeObject, mergeObjects } from "./merge.ts";
import type { ServerShape } from "./pod-shape.ts";
import { parseCpuMillicores, parseKubernetesBytes, printBytes, printCpu } from "./quantity.ts";

type Amounts = Record<string, string>;
export type Resources = { readonly limits: Amounts; readonly requests: Amounts };

/** A log or a cache that grows without end takes its own server down, not the machine. */
const scratchLimit = "20Gi";
/** For init and extra containers that say nothing: enough for a chown or a small sidecar. */
const sideLimits = { cpuMillicores: 500, memoryBytes: 256 * 2 ** 20, scratch: "1Gi" };
const sideRequests = { cpuMillicores: 10, memoryBytes: 32 * 2 ** 20 };

/**
 * The main container's. Cores and memory come from the spec alone, because that is what the quota was reserved for: `asked` (from
 * `extraContainerConfig`) adds other resources and can't change or remove these two.
 */
export function mainResources(spec: ServerShape, asked: unknown): Resources {
  const { cpu, memory, pod } = spec;
  const base: Resources = {
    limits: { "ephemeral-storage": scratchFor(scratchLimit, pod.extraResourceGuarantees), ...pod.extraResourceLimits },
    requests: { "ephemeral-storage": "0", ...pod.extraResourceGuarantees },
  };
  const { limits, requests } = mergeObjects(base, isObject(asked) ? withoutNull(asked) : {});
  return {
    limits: { ...limits, cpu: printCpu(cpu.limitMillicores), memory: printBytes(memory.limitBytes) },
    requests: { ...requests, cpu: printCpu(cpu.guaranteeMillicores), memory: printBytes(memory.guaranteeBytes) },
  };
}

/** The container's own where it says them; never without a limit, and never a request above its limit, which the API refuses. */
export function sideResources(asked: unknown): Resources {
  const own = isObject(asked) ? asked : {};
  const limits = amountsOf(own.limits);
  const requests = amountsOf(own.requests);
  const cpu = { limit: read(limits.cpu, parseCpuMillicores), request: read(requests.cpu, parseCpuMillicores) };
  const memory = {
    limit: read(limits.memory, parseKubernetesBytes),
    request: read(requests.memory, parseKubernetesBytes),
  };
  const cpuLimit = cpu.limit ?? Math.max(sideLimits.cpuMillicores, cpu.request ?? 0);
  const memoryLimit = memory.limit ?? Math.max(sideLimits.memoryBytes, memory.request ?? 0);
  // Kubernetes takes the limit for the request where only the limit is given; so does this.
  const cpuRequest = cpu.request ?? cpu.limit ?? sideRequests.cpuMillicores;
  const memoryRequest = memory.request ?? memory.limit ?? sideRequests.memoryBytes;
  return {
    limits: {
      "ephemeral-storage": scratchFor(sideLimits.scratch, requests),
      ...limits,
      cpu: printCpu(cpuLimit),
      memory: printBytes(memoryLimit),
    },
    requests: { "ephemeral-storage": "0", ...requests, cpu: printCpu(cpuRequest), memory: printBytes(memoryRequest) },
  };
}

/** The usual limit, or what was asked for where that is more. */
function scratchFor(usual: string, requests: Readonly<Amounts>): string {
  const asked = requests["ephemeral-storage"];
  return asked !== undefined && parseKubernetesBytes(asked) > parseKubernetesBytes(usual) ? asked : usual;
}

function read(text: string | undefined, parse: (text: string) => number): number | undefined {
  return text === undefined ? undefined : parse(text);
}

function amountsOf(value: unknown): Partial<Amounts> & Amounts {
  if (!isObject(value)) return {};
  const entries = Object.entries(value).filter(
    ([, amount]) => typeof amount === "string" || typeof amount === "number",
  );
  return Object.fromEntries(entries.map(([name, amount]) => [name, String(amount)]));
}

/** A `null` would take a whole group of limits away. */
function withoutNull(asked: KubeObject): KubeObject {
  return { limits: amountsOf(asked.limits), requests: amountsOf(asked.requests) };
}

function isObject(value: unknown): value is KubeObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
