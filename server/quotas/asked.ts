import { isGpuResource } from "#server/profiles/limits.ts";
import { parseCpuMillicores, parseStorageBytes } from "#server/profiles/quantity.ts";
import type { KubeObject, ServerSpec } from "#server/profiles/spec.ts";
import { nothing, type Totals } from "./amounts.ts";

type Share = {
  readonly cpuLimit: number;
  readonly cpuRequest: number;
  readonly memoryLimit: number;
  readonly memoryRequest: number;
  readonly gpus: number;
};
const noShare: Share = { cpuLimit: 0, cpuRequest: 0, memoryLimit: 0, memoryRequest: 0, gpus: 0 };

/** What an init or extra container gets that says nothing: k8s/resources.ts (the test compares with the pod that is made). */
const side = { cpuLimit: 500, cpuRequest: 10, memoryLimit: 256 * 1024 ** 2, memoryRequest: 32 * 1024 ** 2 };

/** What the columns of a reservation hold at most: a profile that asks for more millions of cores counts as that many. */
const mostCpuMillicores = 2 ** 31 - 1;

/**
 * What one server takes of its group's quota: what its pod takes, counted as Kubernetes counts it against a ResourceQuota (KEP-753:
 * containers and sidecars side by side, init containers one after the other before them). The local backend runs the program alone.
 */
export function askedOf(spec: ServerSpec, backend: "kubernetes" | "local"): Totals {
  const { containers, inits } = backend === "local" ? { containers: noShare, inits: noShare } : besides(spec);
  const main = mainOf(spec);
  const of = (key: keyof Share) => Math.max(main[key] + containers[key], inits[key]);
  return {
    ...nothing,
    servers: 1,
    cpuLimitMillicores: Math.min(of("cpuLimit"), mostCpuMillicores),
    cpuRequestMillicores: Math.min(of("cpuRequest"), mostCpuMillicores),
    memoryLimitBytes: of("memoryLimit"),
    memoryRequestBytes: of("memoryRequest"),
    gpus: of("gpus"),
  };
}

/** A server that makes a home takes that too. */
export function withNewHome(asked: Totals, homeBytes: number | null): Totals {
  return homeBytes === null ? asked : { ...asked, homes: 1, storageBytes: homeBytes };
}

function mainOf({ cpu, memory, pod }: ServerSpec): Share {
  const own = resourcesOf(pod.extraContainerConfig);
  return {
    cpuLimit: cpu.limitMillicores,
    cpuRequest: cpu.guaranteeMillicores,
    memoryLimit: memory.limitBytes,
    memoryRequest: memory.guaranteeBytes,
    gpus: Math.max(
      gpusIn({ ...pod.extraResourceLimits, ...own.limits }),
      gpusIn({ ...pod.extraResourceGuarantees, ...own.requests }),
    ),
  };
}

/** Sidecars are init containers that are restarted for ever: they run beside everything that comes after them. */
function besides({ pod }: ServerSpec): { readonly containers: Share; readonly inits: Share } {
  const isSidecar = (container: KubeObject) => container.restartPolicy === "Always";
  const sidecars = sum(pod.initContainers.filter(isSidecar).map(sideOf));
  const largest = pod.initContainers.filter((one) => !isSidecar(one)).map(sideOf);
  return {
    containers: sum([sidecars, ...pod.extraContainers.map(sideOf)]),
    inits: sum([sidecars, largest.reduce((a, b) => each((key) => Math.max(a[key], b[key])), noShare)]),
  };
}

function sideOf(container: KubeObject): Share {
  const { limits, requests } = resourcesOf(container);
  const cpu = { limit: read(limits.cpu, parseCpuMillicores), request: read(requests.cpu, parseCpuMillicores) };
  const memory = { limit: read(limits.memory, parseStorageBytes), request: read(requests.memory, parseStorageBytes) };
  return {
    cpuLimit: cpu.limit ?? Math.max(side.cpuLimit, cpu.request ?? 0),
    cpuRequest: cpu.request ?? cpu.limit ?? side.cpuRequest,
    memoryLimit: memory.limit ?? Math.max(side.memoryLimit, memory.request ?? 0),
    memoryRequest: memory.request ?? memory.limit ?? side.memoryRequest,
    gpus: Math.max(gpusIn(limits), gpusIn(requests)),
  };
}

type Quantities = Readonly<Record<string, unknown>>;

function resourcesOf(container: KubeObject): { readonly limits: Quantities; readonly requests: Quantities } {
  const resources = objectIn(container.resources);
  return { limits: objectIn(resources.limits), requests: objectIn(resources.requests) };
}

function objectIn(value: unknown): Quantities {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : {};
}

function read(amount: unknown, parse: (amount: string | number) => number | null): number | undefined {
  return typeof amount === "string" || typeof amount === "number" ? (parse(amount) ?? undefined) : undefined;
}

function gpusIn(quantities: Quantities): number {
  return Object.entries(quantities)
    .filter(([resource]) => isGpuResource(resource))
    .reduce((total, [, amount]) => total + (Number.parseInt(String(amount), 10) || 0), 0);
}

function sum(shares: readonly Share[]): Share {
  return shares.reduce((a, b) => each((key) => a[key] + b[key]), noShare);
}

function each(amountOf: (key: keyof Share) => number): Share {
  return {
    cpuLimit: amountOf("cpuLimit"),
    cpuRequest: amountOf("cpuRequest"),
    memoryLimit: amountOf("memoryLimit"),
    memoryRequest: amountOf("memoryRequest"),
    gpus: amountOf("gpus"),
  };
}
