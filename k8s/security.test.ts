import type { V1Container, V1Pod, V1PodSpec } from "@kubernetes/client-node";
import { describe, expect, test } from "vitest";
import { fullestOrder, simplestOrder, withPod } from "./example-orders.ts";
import type { KubeObject } from "./merge.ts";
import { podFor } from "./pod.ts";
import type { PodOrder } from "./pod-shape.ts";
import { parseCpuMillicores, parseKubernetesBytes } from "./quantity.ts";

/**
 * The "restricted" Pod Security Standard, rule by rule, as its page words them; answers what a pod violates. Kept apart from the builders,
 * so that a mistake there can't excuse itself here.
 */
function violationsOf(pod: V1Pod): string[] {
  const spec = pod.spec ?? { containers: [] };
  return [...podViolations(spec), ...containersOf(spec).flatMap((container) => containerViolations(spec, container))];
}

const allowedVolumes = new Set([
  "configMap",
  "csi",
  "downwardAPI",
  "emptyDir",
  "ephemeral",
  "persistentVolumeClaim",
  "projected",
  "secret",
]);

function podViolations(spec: V1PodSpec): string[] {
  const found: string[] = [];
  if (spec.hostNetwork === true || spec.hostPID === true || spec.hostIPC === true) found.push("host namespaces");
  for (const { name, ...source } of spec.volumes ?? []) {
    if (Object.keys(source).some((type) => !allowedVolumes.has(type))) found.push(`volume ${name}`);
  }
  if ((spec.securityContext?.sysctls ?? []).length > 0) found.push("sysctls");
  return found;
}

function containerViolations(spec: V1PodSpec, container: V1Container): string[] {
  const own = container.securityContext ?? {};
  const pod = spec.securityContext ?? {};
  const found: string[] = [];
  if (own.privileged === true) found.push("privileged");
  if (own.allowPrivilegeEscalation !== false) found.push("privilege escalation");
  if ((own.runAsNonRoot ?? pod.runAsNonRoot) !== true) found.push("may run as root");
  if ((own.runAsUser ?? pod.runAsUser) === 0) found.push("runs as root");
  if (!["RuntimeDefault", "Localhost"].includes((own.seccompProfile ?? pod.seccompProfile)?.type ?? "")) {
    found.push("seccomp");
  }
  if (!(own.capabilities?.drop ?? []).includes("ALL")) found.push("keeps capabilities");
  if ((own.capabilities?.add ?? []).some((name) => name !== "NET_BIND_SERVICE")) found.push("adds capabilities");
  if (own.procMount !== undefined && own.procMount !== "Default") found.push("procMount");
  if ((container.ports ?? []).some(({ hostPort }) => hostPort !== undefined && hostPort !== 0)) found.push("host port");
  return found.map((what) => `${container.name}: ${what}`);
}

function containersOf(spec: V1PodSpec): V1Container[] {
  return [...(spec.initContainers ?? []), ...spec.containers];
}

function limitsOf(order: PodOrder): Record<string, unknown> {
  const containers = containersOf(podFor(order).spec ?? { containers: [] });
  return Object.fromEntries(containers.map(({ name, resources }) => [name, resources?.limits]));
}

describe("S-45: pods keep to the restricted Pod Security Standard", () => {
  test.each([
    ["simplest", simplestOrder],
    ["fullest", fullestOrder],
  ])("the %s pod violates nothing", (_, order) => {
    expect(violationsOf(podFor(order))).toEqual([]);
  });

  test("the rules see what they are for", () => {
    const open = withPod(simplestOrder, {
      privileged: true,
      uid: 0,
      containerSecurityContext: { seccompProfile: { type: "Unconfined" }, capabilities: { add: ["SYS_ADMIN"] } },
      volumes: [{ name: "root", hostPath: { path: "/" } }],
      extraPodConfig: { hostNetwork: true },
    });
    expect(violationsOf(podFor(open))).toEqual([
      "host namespaces",
      "volume root",
      "notebook: privileged",
      "notebook: privilege escalation",
      "notebook: may run as root",
      "notebook: runs as root",
      "notebook: seccomp",
      "notebook: keeps capabilities",
      "notebook: adds capabilities",
    ]);
  });

  test("no service account token and no service's address unless the configuration asks for the token", () => {
    expect(podFor(simplestOrder).spec).toMatchObject({
      automountServiceAccountToken: false,
      enableServiceLinks: false,
    });
  });

  test("init and extra containers that say nothing of themselves are as restricted", () => {
    const order = withPod(simplestOrder, {
      initContainers: [{ name: "one", image: "busybox" }],
      extraContainers: [{ name: "two", image: "busybox", securityContext: {} }],
      extraPodConfig: {
        initContainers: [{ name: "three", image: "busybox" }],
        containers: [{ name: "four", image: "b" }],
      },
    });
    expect(containersOf(podFor(order).spec ?? { containers: [] }).map(({ name }) => name)).toEqual([
      "one",
      "three",
      "notebook",
      "two",
      "four",
    ]);
    expect(violationsOf(podFor(order))).toEqual([]);
  });
});

describe("what the configuration asks for works", () => {
  test("a chown step as root keeps the capability to chown, and the server stays restricted", () => {
    const order = withPod(simplestOrder, {
      initContainers: [{ name: "chown", image: "alpine", securityContext: { runAsUser: 0 } }],
    });
    const step = podFor(order).spec?.initContainers?.[0]?.securityContext;
    expect(step).toEqual({
      runAsUser: 0,
      runAsNonRoot: false,
      allowPrivilegeEscalation: false,
      seccompProfile: { type: "RuntimeDefault" },
    });
    expect(violationsOf(podFor(order)).filter((line) => line.startsWith("notebook"))).toEqual([]);
  });

  test("a server that runs as root isn't told at the same time that it mustn't", () => {
    const pod = podFor(withPod(simplestOrder, { uid: 0, allowPrivilegeEscalation: true }));
    expect(pod.spec?.securityContext?.runAsNonRoot).toBe(false);
    expect(pod.spec?.containers[0]?.securityContext).toEqual({
      runAsUser: 0,
      runAsNonRoot: false,
      allowPrivilegeEscalation: true,
      seccompProfile: { type: "RuntimeDefault" },
    });
  });

  test.each([
    { privileged: true },
    { capabilities: { add: ["CAP_SYS_ADMIN"] } },
    { capabilities: { add: ["SYS_ADMIN"] } },
  ])("%j comes without the contradiction the API refuses", (containerSecurityContext: KubeObject) => {
    const context = podFor(withPod(simplestOrder, { containerSecurityContext })).spec?.containers[0]?.securityContext;
    expect(context?.allowPrivilegeEscalation).toBe(true);
  });
});

describe("S-44: no override takes a limit away", () => {
  test.each<[string, Partial<PodOrder["spec"]["pod"]>]>([
    ["no resources", { extraContainerConfig: { resources: null } }],
    ["no limits", { extraContainerConfig: { resources: { limits: null, requests: {} } } }],
    ["null limits", { extraContainerConfig: { resources: { limits: { cpu: null, memory: null } } } }],
    ["more memory", { extraContainerConfig: { resources: { limits: { cpu: "64", memory: "1Ti" } } } }],
    ["more by extraResourceLimits", { extraResourceLimits: { cpu: "64", memory: "1Ti" } }],
    [
      "a pod without it",
      { extraPodConfig: { containers: [{ name: "notebook", resources: { limits: { memory: "1Ti" } } }] } },
    ],
    ["no containers", { extraPodConfig: { containers: [] } }],
    ["another name", { extraContainerConfig: { name: "other" } }],
  ])("asked for: %s", (_, pod) => {
    expect(limitsOf(withPod(simplestOrder, pod)).notebook).toMatchObject({ cpu: "1", memory: "1Gi" });
  });

  test("every container has a request and a limit of CPU and memory, and no request above its limit", () => {
    const order = withPod(simplestOrder, {
      initContainers: [
        { name: "a" },
        { name: "b", resources: { requests: { cpu: "4", memory: "8Gi", "ephemeral-storage": "5Gi" } } },
      ],
      extraContainers: [
        { name: "c", resources: { limits: { memory: "64Mi" } } },
        { name: "d", resources: { limits: null } },
      ],
    });
    for (const { name, resources } of containersOf(podFor(order).spec ?? { containers: [] })) {
      const { limits = {}, requests = {} } = resources ?? {};
      const cpu = [requests.cpu, limits.cpu].map((text) => parseCpuMillicores(text ?? ""));
      const memory = [requests.memory, limits.memory].map((text) => parseKubernetesBytes(text ?? ""));
      const disk = [requests, limits].map((amounts) => parseKubernetesBytes(amounts["ephemeral-storage"] ?? ""));
      for (const [request = Number.NaN, limit = Number.NaN] of [cpu, memory, disk]) {
        expect(request, name).toBeLessThanOrEqual(limit);
      }
    }
  });

  test("the kubelet never restarts a server, whatever an override says", () => {
    expect(podFor(withPod(simplestOrder, { extraPodConfig: { restartPolicy: "Always" } })).spec?.restartPolicy).toBe(
      "Never",
    );
  });

  test("an override can't take a server from its owner's name", () => {
    const pod = podFor(
      withPod(simplestOrder, { labels: { "berth.dev/server": "another", "berth.dev/installation": "x" } }),
    );
    expect(pod.metadata?.labels).toMatchObject({ "berth.dev/server": "server-1", "berth.dev/installation": "inst-1" });
  });
});

describe("S-43: text stays text", () => {
  test("a user's name can't reach into the environment by Kubernetes' own expansion", () => {
    const order = { ...simplestOrder, environment: { JUPYTERHUB_USER: "$(JUPYTER_TOKEN)", ONE: "$$(X)", TWO: "a$" } };
    const env = podFor(order).spec?.containers[0]?.env ?? [];
    const expanded = (name: string) =>
      expandAsKubernetes(env.find((entry) => entry.name === name)?.value ?? "", { JUPYTER_TOKEN: "t" });
    expect(expanded("JUPYTERHUB_USER")).toBe("$(JUPYTER_TOKEN)");
    expect(expanded("ONE")).toBe("$$(X)");
    expect(expanded("TWO")).toBe("a$");
  });
});

/** k8s.io/kubernetes third_party/forked/golang/expansion: `$$` is a dollar, `$(NAME)` a variable, anything else itself. */
function expandAsKubernetes(text: string, variables: Readonly<Record<string, string>>): string {
  return text.replace(/\$\$|\$\(([^)]*)\)/g, (whole, name?: string) =>
    name === undefined ? "$" : (variables[name] ?? whole),
  );
}
