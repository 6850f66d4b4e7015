import type { V1Container, V1Pod, V1PodSpec, V1Toleration, V1Volume } from "@kubernetes/client-node";
import {
  filesVolumeName,
  limitedMain,
  mainContainerFor,
  mainContainerName,
  secretVolumeName,
  sideContainerFor,
} from "./container.ts";
import { readsSecretFromFile } from "./environment.ts";
import { nameAnnotations, serverLabels } from "./labels.ts";
import { type KubeObject, mergeObjects } from "./merge.ts";
import type { PodOrder } from "./pod-shape.ts";
import { fileKeyFor } from "./secret.ts";
import { podSecurityContext } from "./security.ts";

/** z2jh taints machines kept for users with these; the second spelling is for clouds that allow no slash. */
const userMachines: readonly V1Toleration[] = ["hub.jupyter.org/dedicated", "hub.jupyter.org_dedicated"].map((key) => ({
  key,
  operator: "Equal",
  value: "user",
  effect: "NoSchedule",
}));

/**
 * The pod of one start of a server: the same order makes the same manifest. The overrides of the configuration are laid
 * over it last, as KubeSpawner does; afterwards what the hub relies on is set again: limits on every container, and no
 * restart by the kubelet.
 */
export function podFor(order: PodOrder): V1Pod {
  const { pod } = order.spec;
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      name: order.objectName,
      namespace: order.namespace,
      labels: { ...pod.labels, ...serverLabels(order) },
      annotations: { ...pod.annotations, ...nameAnnotations(order.owner, order.server) },
    },
    spec: withInvariants(order, mergeObjects(baseSpec(order), pod.extraPodConfig)),
  };
}

function baseSpec(order: PodOrder): V1PodSpec {
  const { pod } = order.spec;
  return {
    ...schedulingFor(order),
    securityContext: podSecurityContext(pod),
    automountServiceAccountToken: pod.automountServiceAccountToken,
    // Kubernetes would put every service of the namespace into the environment, and slow the start with it.
    enableServiceLinks: false,
    ...(pod.serviceAccount === null ? {} : { serviceAccountName: pod.serviceAccount }),
    ...(pod.imagePullSecrets.length === 0 ? {} : { imagePullSecrets: pod.imagePullSecrets.map((name) => ({ name })) }),
    terminationGracePeriodSeconds: pod.deleteGraceSeconds,
    ...(pod.initContainers.length === 0
      ? {}
      : { initContainers: [...pod.initContainers] as (KubeObject & V1Container)[] }),
    containers: [mainContainerFor(order), ...([...pod.extraContainers] as (KubeObject & V1Container)[])],
    volumes: volumesFor(order),
  };
}

function withInvariants(order: PodOrder, spec: V1PodSpec): V1PodSpec {
  const { pod } = order.spec;
  const side = (container: V1Container) => sideContainerFor(pod, { ...container });
  const main = spec.containers.find(({ name }) => name === mainContainerName) ?? mainContainerFor(order);
  const others = spec.containers.filter(({ name }) => name !== mainContainerName);
  return {
    ...spec,
    containers: [limitedMain(order, main), ...others.map(side)],
    ...(spec.initContainers === undefined ? {} : { initContainers: spec.initContainers.map(side) }),
    // A main process that ended must be seen as ended: the kubelet's own restart would hide it, with the limits it died of.
    restartPolicy: "Never",
  };
}

function schedulingFor({ spec: { pod } }: PodOrder): Partial<V1PodSpec> {
  return {
    ...(Object.keys(pod.nodeSelector).length === 0 ? {} : { nodeSelector: { ...pod.nodeSelector } }),
    tolerations: [...userMachines, ...(pod.tolerations as readonly V1Toleration[])],
    ...(pod.affinity === null ? {} : { affinity: pod.affinity }),
    ...(pod.schedulerName === null ? {} : { schedulerName: pod.schedulerName }),
    ...(pod.priorityClassName === null ? {} : { priorityClassName: pod.priorityClassName }),
  };
}

function volumesFor(order: PodOrder): V1Volume[] {
  const { home, pod } = order.spec;
  const claimName = home.kind === "static" ? (home.staticClaim?.name ?? null) : order.homeClaimName;
  if (home.kind !== "none" && claimName === null) throw new Error("a home of this kind needs the name of its claim");
  // The kubelet owns the file as root: the server's group may read it where there is one, else whoever is in the pod.
  const defaultMode = pod.fsGroup === null ? 0o444 : 0o440;
  return [
    ...(home.kind === "none" || claimName === null
      ? []
      : [{ name: home.volumeName, persistentVolumeClaim: { claimName } }]),
    ...(readsSecretFromFile(order)
      ? [{ name: secretVolumeName, secret: { secretName: order.secretName, defaultMode } }]
      : []),
    ...(order.files.length === 0 ? [] : [filesVolume(order)]),
    ...(pod.volumes as readonly (KubeObject & V1Volume)[]),
  ];
}

function filesVolume({ files, secretName }: PodOrder): V1Volume {
  const items = files.map(({ path, mode }) => ({ key: fileKeyFor(path), path: fileKeyFor(path), mode }));
  return { name: filesVolumeName, secret: { secretName, items } };
}
