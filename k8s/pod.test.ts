import type { V1Pod } from "@kubernetes/client-node";
import { describe, expect, test } from "vitest";
import { mainContainerName } from "./container.ts";
import { fullestOrder, simplestOrder, withPod } from "./example-orders.ts";
import { podFor } from "./pod.ts";
import type { AppShape, HomeShape, PodSpecShape } from "./pod-shape.ts";

describe("whole manifests", () => {
  test("the simplest pod", () => {
    expect(podFor(simplestOrder)).toEqual({
      apiVersion: "v1",
      kind: "Pod",
      metadata: {
        name: "jupyter-ana",
        namespace: "berth",
        labels: {
          "app.kubernetes.io/managed-by": "berth",
          "app.kubernetes.io/component": "singleuser-server",
          component: "singleuser-server",
          "berth.dev/installation": "inst-1",
          "berth.dev/server": "server-1",
          "berth.dev/generation": "3",
          "hub.jupyter.org/username": "ana",
          "hub.jupyter.org/servername": "",
        },
        annotations: { "hub.jupyter.org/username": "ana" },
      },
      spec: {
        automountServiceAccountToken: false,
        enableServiceLinks: false,
        restartPolicy: "Never",
        terminationGracePeriodSeconds: 10,
        securityContext: {
          runAsNonRoot: true,
          seccompProfile: { type: "RuntimeDefault" },
          fsGroup: 100,
          fsGroupChangePolicy: "OnRootMismatch",
        },
        tolerations: [
          { key: "hub.jupyter.org/dedicated", operator: "Equal", value: "user", effect: "NoSchedule" },
          { key: "hub.jupyter.org_dedicated", operator: "Equal", value: "user", effect: "NoSchedule" },
        ],
        containers: [
          {
            name: "notebook",
            image: "quay.io/jupyter/base-notebook:2026-01-05",
            imagePullPolicy: "IfNotPresent",
            args: ["jupyter", "lab", "--ip=0.0.0.0", "--port=8888", "--ServerApp.base_url=/user/ana/"],
            ports: [{ name: "notebook-port", containerPort: 8888, protocol: "TCP" }],
            env: [
              { name: "JUPYTERHUB_USER", value: "ana" },
              { name: "JUPYTER_IMAGE", value: "quay.io/jupyter/base-notebook:2026-01-05" },
              { name: "JUPYTER_IMAGE_SPEC", value: "quay.io/jupyter/base-notebook:2026-01-05" },
              { name: "JUPYTER_TOKEN", valueFrom: { secretKeyRef: { name: "jupyter-ana-3", key: "secret" } } },
            ],
            volumeMounts: [{ name: "volume-ana", mountPath: "/home/jovyan" }],
            resources: {
              limits: { cpu: "1", memory: "1Gi", "ephemeral-storage": "20Gi" },
              requests: { cpu: "100m", memory: "512Mi", "ephemeral-storage": "0" },
            },
            securityContext: {
              runAsUser: 1000,
              runAsNonRoot: true,
              allowPrivilegeEscalation: false,
              capabilities: { drop: ["ALL"] },
              seccompProfile: { type: "RuntimeDefault" },
            },
          },
        ],
        volumes: [{ name: "volume-ana", persistentVolumeClaim: { claimName: "claim-ana" } }],
      },
    });
  });

  test("the fullest pod", () => {
    const restricted = {
      runAsUser: 1000,
      runAsGroup: 100,
      runAsNonRoot: true,
      allowPrivilegeEscalation: false,
      capabilities: { drop: ["ALL"] },
      seccompProfile: { type: "RuntimeDefault" },
    };
    expect(podFor(fullestOrder)).toEqual({
      apiVersion: "v1",
      kind: "Pod",
      metadata: {
        name: "jupyter-user-email-com---0925f997--lab2",
        namespace: "berth",
        labels: {
          course: "physics",
          "app.kubernetes.io/managed-by": "berth",
          "app.kubernetes.io/component": "singleuser-server",
          component: "singleuser-server",
          "berth.dev/installation": "inst-1",
          "berth.dev/server": "server-1",
          "berth.dev/generation": "12",
          "hub.jupyter.org/username": "user-email-com---0925f997",
          "hub.jupyter.org/servername": "lab2",
        },
        annotations: {
          note: "exam",
          "hub.jupyter.org/username": "user@email.com",
          "hub.jupyter.org/servername": "lab2",
        },
      },
      spec: {
        serviceAccountName: "course",
        automountServiceAccountToken: true,
        enableServiceLinks: false,
        restartPolicy: "Never",
        terminationGracePeriodSeconds: 30,
        shareProcessNamespace: true,
        imagePullSecrets: [{ name: "registry-login" }],
        nodeSelector: { pool: "users" },
        tolerations: [
          { key: "hub.jupyter.org/dedicated", operator: "Equal", value: "user", effect: "NoSchedule" },
          { key: "hub.jupyter.org_dedicated", operator: "Equal", value: "user", effect: "NoSchedule" },
          { key: "gpu", operator: "Exists" },
        ],
        affinity: fullestOrder.spec.pod.affinity,
        schedulerName: "user-scheduler",
        priorityClassName: "users",
        securityContext: {
          runAsNonRoot: true,
          seccompProfile: { type: "RuntimeDefault" },
          fsGroup: 100,
          fsGroupChangePolicy: "Always",
          supplementalGroups: [2000],
        },
        initContainers: [
          {
            name: "prepare",
            image: "busybox:1.36",
            command: ["true"],
            securityContext: restricted,
            resources: {
              limits: { cpu: "500m", memory: "256Mi", "ephemeral-storage": "1Gi" },
              requests: { cpu: "10m", memory: "32Mi", "ephemeral-storage": "0" },
            },
          },
        ],
        containers: [
          {
            name: "notebook",
            image: "quay.io/jupyter/base-notebook:2026-01-05",
            imagePullPolicy: "Always",
            command: ["code-server", "--abs-proxy-base-path=/user/user%40email.com/lab2/", "--bind-addr=0.0.0.0:8080"],
            workingDir: "/home/jovyan/work",
            stdin: true,
            ports: [{ name: "notebook-port", containerPort: 8080, protocol: "TCP" }],
            env: [
              { name: "JUPYTERHUB_USER", value: "user@email.com" },
              { name: "JUPYTER_IMAGE", value: "quay.io/jupyter/base-notebook:2026-01-05" },
              { name: "JUPYTER_IMAGE_SPEC", value: "quay.io/jupyter/base-notebook:2026-01-05" },
              { name: "LICENCE", valueFrom: { secretKeyRef: { name: "licence", key: "key" } } },
              { name: "ODD", value: "$$(LICENCE) $$$$" },
              { name: "PASSWORD_FILE", value: "/var/run/secrets/berth.dev/secret" },
              { name: "WHO", value: "everybody" },
              { name: "GREETING", value: "$(WHO) says hi" },
            ],
            volumeMounts: [
              { name: "home", mountPath: "/home/jovyan", subPath: "home/user-email-com---0925f997" },
              { name: "berth-secret", mountPath: "/var/run/secrets/berth.dev", readOnly: true },
              { name: "data", mountPath: "/data", readOnly: true },
            ],
            lifecycle: { preStop: { exec: { command: ["sync"] } } },
            resources: {
              limits: { cpu: "1", memory: "1Gi", "ephemeral-storage": "20Gi", "nvidia.com/gpu": "1" },
              requests: { cpu: "100m", memory: "512Mi", "ephemeral-storage": "1Gi" },
            },
            securityContext: { ...restricted, readOnlyRootFilesystem: true },
          },
          {
            name: "sync",
            image: "sync:1",
            securityContext: restricted,
            resources: {
              limits: { cpu: "200m", memory: "1Gi", "ephemeral-storage": "1Gi" },
              requests: { cpu: "200m", memory: "1Gi", "ephemeral-storage": "0" },
            },
          },
        ],
        volumes: [
          { name: "home", persistentVolumeClaim: { claimName: "shared-homes" } },
          {
            name: "berth-secret",
            secret: { secretName: "jupyter-user-email-com---0925f997--lab2-12", defaultMode: 0o440 },
          },
          { name: "data", persistentVolumeClaim: { claimName: "course-data", readOnly: true } },
        ],
      },
    });
  });

  test("the same order makes the same manifest, and is left as it was", () => {
    const before = structuredClone(fullestOrder);
    expect(podFor(fullestOrder)).toEqual(podFor(fullestOrder));
    expect(fullestOrder).toEqual(before);
  });
});

const mainOf = (pod: V1Pod) => pod.spec?.containers.find(({ name }) => name === mainContainerName);
const full = podFor(fullestOrder);
const { spec: fullSpec } = fullestOrder;

/** A new field of a profile doesn't compile until it is shown here to reach the pod. */
const podAsserts: Record<keyof PodSpecShape, () => void> = {
  image: () => expect(mainOf(full)?.image).toBe(fullSpec.pod.image),
  imagePullPolicy: () => expect(mainOf(full)?.imagePullPolicy).toBe("Always"),
  imagePullSecrets: () => expect(full.spec?.imagePullSecrets).toEqual([{ name: "registry-login" }]),
  serviceAccount: () => expect(full.spec?.serviceAccountName).toBe("course"),
  automountServiceAccountToken: () => expect(full.spec?.automountServiceAccountToken).toBe(true),
  labels: () => expect(full.metadata?.labels?.course).toBe("physics"),
  annotations: () => expect(full.metadata?.annotations?.note).toBe("exam"),
  nodeSelector: () => expect(full.spec?.nodeSelector).toEqual({ pool: "users" }),
  tolerations: () => expect(full.spec?.tolerations).toContainEqual({ key: "gpu", operator: "Exists" }),
  affinity: () => expect(full.spec?.affinity).toEqual(fullSpec.pod.affinity),
  schedulerName: () => expect(full.spec?.schedulerName).toBe("user-scheduler"),
  priorityClassName: () => expect(full.spec?.priorityClassName).toBe("users"),
  uid: () => expect(mainOf(full)?.securityContext?.runAsUser).toBe(1000),
  gid: () => expect(mainOf(full)?.securityContext?.runAsGroup).toBe(100),
  fsGroup: () => expect(full.spec?.securityContext?.fsGroup).toBe(100),
  supplementalGroups: () => expect(full.spec?.securityContext?.supplementalGroups).toEqual([2000]),
  allowPrivilegeEscalation: () => {
    const allowed = podFor(withPod(simplestOrder, { allowPrivilegeEscalation: true }));
    expect(mainOf(allowed)?.securityContext?.allowPrivilegeEscalation).toBe(true);
  },
  privileged: () => {
    const context = mainOf(podFor(withPod(simplestOrder, { privileged: true })))?.securityContext;
    // The API refuses a privileged container that may not escalate.
    expect(context).toMatchObject({ privileged: true, allowPrivilegeEscalation: true });
  },
  containerSecurityContext: () => expect(mainOf(full)?.securityContext?.readOnlyRootFilesystem).toBe(true),
  podSecurityContext: () => expect(full.spec?.securityContext?.fsGroupChangePolicy).toBe("Always"),
  extraResourceLimits: () => expect(mainOf(full)?.resources?.limits?.["nvidia.com/gpu"]).toBe("1"),
  extraResourceGuarantees: () => expect(mainOf(full)?.resources?.requests?.["ephemeral-storage"]).toBe("1Gi"),
  volumes: () => expect(full.spec?.volumes).toContainEqual(fullSpec.pod.volumes[0]),
  volumeMounts: () => expect(mainOf(full)?.volumeMounts).toContainEqual(fullSpec.pod.volumeMounts[0]),
  initContainers: () => expect(full.spec?.initContainers?.[0]?.name).toBe("prepare"),
  extraContainers: () => expect(full.spec?.containers[1]?.name).toBe("sync"),
  lifecycleHooks: () => expect(mainOf(full)?.lifecycle).toEqual(fullSpec.pod.lifecycleHooks),
  extraContainerConfig: () => expect(mainOf(full)?.stdin).toBe(true),
  extraPodConfig: () => expect(full.spec?.shareProcessNamespace).toBe(true),
  environmentFrom: () => expect(mainOf(full)?.env).toContainEqual(fullSpec.pod.environmentFrom[0]),
  deleteGraceSeconds: () => expect(full.spec?.terminationGracePeriodSeconds).toBe(30),
};

const appAsserts: Record<keyof AppShape, () => void> = {
  command: () => expect(mainOf(full)?.command?.[0]).toBe("code-server"),
  args: () => expect(mainOf(full)?.command?.[1]).toBe("--abs-proxy-base-path=/user/user%40email.com/lab2/"),
  listenArgs: () => expect(mainOf(full)?.command?.[2]).toBe("--bind-addr=0.0.0.0:8080"),
  keepImageEntrypoint: () => {
    expect(mainOf(full)?.args).toBeUndefined();
    expect(mainOf(podFor(simplestOrder))?.command).toBeUndefined();
  },
  port: () => expect(mainOf(full)?.ports?.[0]?.containerPort).toBe(8080),
  workingDirectory: () => expect(mainOf(full)?.workingDir).toBe("/home/jovyan/work"),
  secretVariable: () => expect(mainOf(full)?.env?.some(({ name }) => name === "PASSWORD_FILE")).toBe(true),
};

/** The pod's part of a home; its claim's part is in volume-claim.test.ts. */
type HomeInPod = Exclude<
  keyof HomeShape,
  "capacityBytes" | "storageClass" | "accessModes" | "selector" | "labels" | "annotations"
>;
const homeAsserts: Record<HomeInPod, () => void> = {
  kind: () => {
    const { home } = simplestOrder.spec;
    const homeless = { ...simplestOrder, spec: { ...simplestOrder.spec, home: { ...home, kind: "none" as const } } };
    expect(podFor(homeless).spec?.volumes).toEqual([]);
    expect(mainOf(podFor(homeless))?.volumeMounts).toEqual([]);
  },
  volumeName: () => expect(full.spec?.volumes?.[0]?.name).toBe("home"),
  mountPath: () => expect(mainOf(full)?.volumeMounts?.[0]?.mountPath).toBe("/home/jovyan"),
  staticClaim: () => expect(full.spec?.volumes?.[0]?.persistentVolumeClaim?.claimName).toBe("shared-homes"),
};

describe("every field of a profile reaches the pod", () => {
  test.each(Object.entries({ ...podAsserts, ...appAsserts, ...homeAsserts }))("%s", (_, assertion) => assertion());

  test("an empty command leaves the image's own", () => {
    const app = { ...simplestOrder.spec.app, command: [], args: ["ignored"] };
    const main = mainOf(podFor({ ...simplestOrder, spec: { ...simplestOrder.spec, app } }));
    expect([main?.command, main?.args]).toEqual([undefined, undefined]);
  });

  test("braces that aren't placeholders stay", () => {
    const app = { ...simplestOrder.spec.app, command: ["sh", "-c", `echo '{"a": {port}}' {socket} {PORT}`] };
    const main = mainOf(podFor({ ...simplestOrder, spec: { ...simplestOrder.spec, app } }));
    expect(main?.args?.[2]).toBe(`echo '{"a": 8888}' {socket} {PORT}`);
  });

  test("a claim's home without its claim is a mistake of the caller, never a pod without a home", () => {
    expect(() => podFor({ ...simplestOrder, homeClaimName: null })).toThrow(/needs the name of its claim/);
  });
});
