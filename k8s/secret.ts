import { createHash } from "node:crypto";
import type { V1Secret } from "@kubernetes/client-node";
import { nameAnnotations, type ServerIdentity, serverLabels } from "./labels.ts";
import type { FileShape } from "./pod-shape.ts";

/** The key in the Secret, and the file's name where the app reads a file. */
export const secretKey = "secret";

/**
 * The key of a file that the configuration puts into every server. By its path: where the configuration changed after the pod was made and
 * before its Secret, no file may stand in another's place.
 */
export function fileKeyFor(path: string): string {
  return `file-${createHash("sha256").update(path).digest("hex").slice(0, 16)}`;
}

/** One Secret a start: the one of the last start may still be on its way out when the next begins. */
export function secretNameFor(objectName: string, generation: number): string {
  return `${objectName}-${generation}`;
}

/**
 * The server's own secret, owned by its pod: the cluster's garbage collector removes it with the pod, so no crash of the
 * hub leaves one behind. Never in the pod's manifest, which more people may read.
 */
export function secretFor(
  order: ServerIdentity & {
    readonly objectName: string;
    readonly namespace: string;
    readonly podUid: string;
    readonly secret: string;
    readonly files: readonly FileShape[];
  },
): V1Secret {
  return {
    apiVersion: "v1",
    kind: "Secret",
    type: "Opaque",
    immutable: true,
    metadata: {
      name: secretNameFor(order.objectName, order.generation),
      namespace: order.namespace,
      labels: serverLabels(order),
      annotations: nameAnnotations(order.owner, order.server),
      ownerReferences: [
        { apiVersion: "v1", kind: "Pod", name: order.objectName, uid: order.podUid, controller: false },
      ],
    },
    data: {
      [secretKey]: Buffer.from(order.secret, "utf8").toString("base64"),
      ...Object.fromEntries(order.files.map(({ path, content }) => [fileKeyFor(path), content.toString("base64")])),
    },
  };
}
