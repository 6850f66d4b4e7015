import type { LabelledName } from "./labels.ts";
import type { KubeObject } from "./merge.ts";

/** What a pod is built from. `ServerSpec` of the hub fits; this folder imports nothing of the hub. */
export type PodOrder = {
  readonly objectName: string;
  readonly namespace: string;
  readonly installationId: string;
  readonly serverId: string;
  readonly generation: number;
  readonly owner: LabelledName;
  /** Raw `""` and label `""` for the default server. */
  readonly server: LabelledName;
  /** `/user/ana/`, encoded. */
  readonly prefix: string;
  readonly spec: ServerShape;
  /** The claim of `spec.home.kind: "claim"`; null for the other kinds. */
  readonly homeClaimName: string | null;
  /** The Secret that holds the server's secret under `secretKey`: `secretNameFor(objectName, generation)`. */
  readonly secretName: string;
  readonly environment: Readonly<Record<string, string>>;
  /** Held by the same Secret. */
  readonly files: readonly FileShape[];
};

export type FileShape = { readonly path: string; readonly mode: number; readonly content: Buffer };

export type ServerShape = {
  readonly app: AppShape;
  readonly cpu: { readonly limitMillicores: number; readonly guaranteeMillicores: number };
  readonly memory: { readonly limitBytes: number; readonly guaranteeBytes: number };
  readonly environment: Readonly<Record<string, string>>;
  readonly home: HomeShape;
  readonly pod: PodSpecShape;
};

export type AppShape = {
  readonly command: readonly string[];
  readonly args: readonly string[];
  readonly listenArgs: { readonly tcp: readonly string[] };
  readonly keepImageEntrypoint: boolean;
  readonly port: number;
  readonly workingDirectory: string | null;
  readonly secretVariable: string | null;
};

export type HomeShape = {
  readonly kind: "claim" | "static" | "none";
  readonly volumeName: string;
  readonly mountPath: string;
  readonly capacityBytes: number;
  readonly storageClass: string | null;
  readonly accessModes: readonly string[];
  readonly selector: KubeObject | null;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly staticClaim: { readonly name: string; readonly subPath: string } | null;
};

export type PodSpecShape = {
  readonly image: string;
  readonly imagePullPolicy: "Always" | "IfNotPresent" | "Never";
  readonly imagePullSecrets: readonly string[];
  readonly serviceAccount: string | null;
  readonly automountServiceAccountToken: boolean;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly nodeSelector: Readonly<Record<string, string>>;
  readonly tolerations: readonly KubeObject[];
  readonly affinity: KubeObject | null;
  readonly schedulerName: string | null;
  readonly priorityClassName: string | null;
  readonly uid: number | null;
  readonly gid: number | null;
  readonly fsGroup: number | null;
  readonly supplementalGroups: readonly number[];
  readonly allowPrivilegeEscalation: boolean;
  readonly privileged: boolean;
  readonly containerSecurityContext: KubeObject;
  readonly podSecurityContext: KubeObject;
  readonly extraResourceLimits: Readonly<Record<string, string>>;
  readonly extraResourceGuarantees: Readonly<Record<string, string>>;
  readonly volumes: readonly KubeObject[];
  readonly volumeMounts: readonly KubeObject[];
  readonly initContainers: readonly KubeObject[];
  readonly extraContainers: readonly KubeObject[];
  readonly lifecycleHooks: KubeObject | null;
  readonly extraContainerConfig: KubeObject;
  readonly extraPodConfig: KubeObject;
  readonly environmentFrom: readonly KubeObject[];
  readonly deleteGraceSeconds: number;
};
