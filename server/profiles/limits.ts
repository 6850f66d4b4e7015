import type { LimitsView } from "#server/api/views.ts";
import type { ServerSpec } from "./spec.ts";

/** Resources that are graphics processors: `nvidia.com/gpu`, `amd.com/gpu`, `gpu.intel.com/i915`, `nvidia.com/mig-1g.5gb`. */
const gpuResource = /(?:^|[/.])gpu(?:$|[./])|\/mig-/;

export function isGpuResource(resource: string): boolean {
  return gpuResource.test(resource);
}

/** What a server may use, as people are shown it. */
export function limitsOf(spec: ServerSpec): LimitsView {
  const gpus = Object.entries(spec.pod.extraResourceLimits)
    .filter(([resource]) => isGpuResource(resource))
    .reduce((sum, [, count]) => sum + (Number.parseInt(count, 10) || 0), 0);
  return { cpuMillicores: spec.cpu.limitMillicores, memoryBytes: spec.memory.limitBytes, gpus };
}
