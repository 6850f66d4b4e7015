import type { V1PersistentVolumeClaim } from "@kubernetes/client-node";
import { homeLabels, type LabelledName, nameAnnotations, ownershipLabels, sharedForKey } from "./labels.ts";
import type { HomeShape } from "./pod-shape.ts";
import { printBytes } from "./quantity.ts";

export type HomeClaimOrder = {
  readonly name: string;
  readonly namespace: string;
  readonly installationId: string;
  readonly homeId: string;
  readonly owner: LabelledName;
  readonly server: LabelledName;
  readonly home: HomeShape;
};

/** The claim of a home. It has no owner reference: nothing but a person's own word deletes a home. */
export function homeClaimFor(order: HomeClaimOrder): V1PersistentVolumeClaim {
  const { home } = order;
  return {
    apiVersion: "v1",
    kind: "PersistentVolumeClaim",
    metadata: {
      name: order.name,
      namespace: order.namespace,
      labels: { ...home.labels, ...homeLabels(order) },
      annotations: { ...home.annotations, ...nameAnnotations(order.owner, order.server) },
    },
    spec: {
      accessModes: [...home.accessModes],
      resources: { requests: { storage: printBytes(home.capacityBytes) } },
      // An empty name is a wish too: no provisioner. Only null leaves it to the cluster's default class.
      ...(home.storageClass === null ? {} : { storageClassName: home.storageClass }),
      ...(home.selector === null ? {} : { selector: home.selector }),
    },
  };
}

export type SharedClaimOrder = {
  readonly name: string;
  readonly namespace: string;
  readonly installationId: string;
  readonly groupId: string;
  readonly capacityBytes: number;
  readonly storageClass: string | null;
};

/** The claim of a group's shared volume. No owner reference here either: nothing takes people's files with it. */
export function sharedClaimFor(order: SharedClaimOrder): V1PersistentVolumeClaim {
  return {
    apiVersion: "v1",
    kind: "PersistentVolumeClaim",
    metadata: {
      name: order.name,
      namespace: order.namespace,
      labels: { ...ownershipLabels(order.installationId), [sharedForKey]: order.groupId },
    },
    spec: {
      accessModes: ["ReadWriteMany"],
      resources: { requests: { storage: printBytes(order.capacityBytes) } },
      ...(order.storageClass === null ? {} : { storageClassName: order.storageClass }),
    },
  };
}
