import { describe, expect, test } from "vitest";
import { fullestOrder, simplestOrder, withPod } from "#k8s/example-orders.ts";
import { podFor } from "#k8s/pod.ts";
import { parseCpuMillicores, parseKubernetesBytes } from "#k8s/quantity.ts";
import { Config } from "#server/config/schema.ts";
import { resolveProfile } from "#server/profiles/resolve.ts";
import type { KubeObject, ServerSpec } from "#server/profiles/spec.ts";
import { askedOf } from "./asked.ts";

function specWith(override: Record<string, unknown>): ServerSpec {
  const resolved = resolveProfile({
    config: Config.parse({
      spawner: { type: "kubernetes" },
      singleuser: { profileList: [{ display_name: "one", kubespawner_override: override }] },
    }),
    profile: null,
    options: {},
    user: { name: "ana" },
    server: { name: "" },
    groups: [],
  });
  if (!resolved.ok) throw new Error(resolved.problem.message);
  return resolved.spec;
}

type Resources = { limits?: Record<string, string>; requests?: Record<string, string> };

/** KEP-753's formula over the pod that is really made. */
function podTakes(spec: ServerSpec) {
  const order = withPod(
    { ...simplestOrder, spec: { ...simplestOrder.spec, cpu: spec.cpu, memory: spec.memory } },
    spec.pod,
  );
  const pod = podFor(order).spec;
  const amount = (resources: Resources | undefined, side: keyof Resources, name: string) => {
    const text = resources?.[side]?.[name];
    return text === undefined ? 0 : name === "cpu" ? parseCpuMillicores(text) : parseKubernetesBytes(text);
  };
  const effective = (side: keyof Resources, name: string) => {
    const of = (container: { resources?: Resources }) => amount(container.resources, side, name);
    const main = (pod?.containers ?? []).reduce((sum, one) => sum + of(one), 0);
    let sidecars = 0;
    let init = 0;
    for (const one of pod?.initContainers ?? []) {
      if (one.restartPolicy === "Always") sidecars += of(one);
      else init = Math.max(init, of(one));
    }
    return Math.max(main + sidecars, init + sidecars);
  };
  return {
    cpuLimitMillicores: effective("limits", "cpu"),
    cpuRequestMillicores: effective("requests", "cpu"),
    memoryLimitBytes: effective("limits", "memory"),
    memoryRequestBytes: effective("requests", "memory"),
  };
}

const side = (more: KubeObject = {}) => ({ name: "side", image: "side:1", ...more });
const limits = { cpu_limit: 2, cpu_guarantee: 0.5, mem_limit: "4G", mem_guarantee: "1G" };

describe("S-44: what is reserved is what the pod takes, init and extra containers with it", () => {
  test.each<[string, Record<string, unknown>]>([
    ["a server alone", limits],
    ["a sidecar that says nothing", { ...limits, extra_containers: [side()] }],
    [
      "a sidecar with its own limits",
      { ...limits, extra_containers: [side({ resources: { limits: { cpu: "1500m", memory: "2Gi" } } })] },
    ],
    [
      "a sidecar with requests only",
      { ...limits, extra_containers: [side({ resources: { requests: { cpu: "2", memory: "500M" } } })] },
    ],
    ["an init container smaller than the server", { ...limits, init_containers: [side()] }],
    [
      "an init container larger than the server",
      { ...limits, init_containers: [side({ resources: { limits: { cpu: "8", memory: "16Gi" } } })] },
    ],
    [
      "an init container that goes on, and one that doesn't",
      {
        ...limits,
        init_containers: [
          side({ restartPolicy: "Always", resources: { limits: { cpu: 1, memory: "1Gi" } } }),
          side({ name: "big", resources: { limits: { cpu: "2500m", memory: "1Gi" } } }),
        ],
      },
    ],
  ])("%s", (_title, override) => {
    const spec = specWith(override);
    expect(askedOf(spec, "kubernetes")).toMatchObject(podTakes(spec));
  });

  test("graphics cards of any maker count, however they are asked for", () => {
    const gpus = (override: Record<string, unknown>) => askedOf(specWith(override), "kubernetes").gpus;
    expect(gpus({ extra_resource_limits: { "nvidia.com/gpu": "2" } })).toBe(2);
    expect(gpus({ extra_resource_guarantees: { "amd.com/gpu": "1" } })).toBe(1);
    expect(gpus({ extra_resource_limits: { "nvidia.com/mig-1g.5gb": 1 } })).toBe(1);
    expect(gpus({ extra_containers: [side({ resources: { limits: { "nvidia.com/gpu": 1 } } })] })).toBe(1);
    expect(gpus({ extra_container_config: { resources: { limits: { "nvidia.com/gpu": 3 } } } })).toBe(3);
    expect(gpus({ extra_resource_limits: { "example.com/fpga": "2" } })).toBe(0);
  });

  test("on the local backend the program runs alone, without containers beside it", () => {
    const spec = specWith({ ...limits, extra_containers: [side()] });
    expect(askedOf(spec, "local")).toMatchObject({
      servers: 1,
      cpuLimitMillicores: 2000,
      memoryLimitBytes: 4 * 1024 ** 3,
    });
  });

  test("every order of the pod builder's own examples comes to what its pod takes", () => {
    for (const { spec } of [simplestOrder, fullestOrder]) {
      const whole = { ...specWith(limits), cpu: spec.cpu, memory: spec.memory };
      const server = { ...whole, pod: { ...whole.pod, ...spec.pod } };
      expect(askedOf(server, "kubernetes")).toMatchObject(podTakes(server));
    }
  });
});
