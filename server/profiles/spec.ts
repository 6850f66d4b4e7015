/**
 * What a profile and its choices resolve to: everything a spawner needs to start one server, as plain data. It is
 * stored with the server, so a restart of the hub or a change of the configuration never changes a server that runs.
 */
export type ServerSpec = {
  readonly profile: { readonly slug: string; readonly displayName: string };
  readonly app: AppSpec;
  /** Limits are required: a server without them can't be expressed. */
  readonly cpu: { readonly limitMillicores: number; readonly guaranteeMillicores: number };
  readonly memory: { readonly limitBytes: number; readonly guaranteeBytes: number };
  readonly processLimit: number;
  readonly environment: Readonly<Record<string, string>>;
  readonly startTimeoutSeconds: number;
  readonly httpTimeoutSeconds: number;
  readonly shutdownOnLogout: boolean;
  readonly home: HomeSpec;
  readonly pod: PodSpec;
};

/** How the program in the server is started, reached and told its secret (`singleuser.app`). */
export type AppSpec = {
  readonly preset: "jupyterlab" | "code-server" | "rstudio" | "custom";
  /** `edge`: Berth checks who may enter and injects the server's secret. `hub`: stock jupyterhub-singleuser with its own OAuth. */
  readonly auth: "edge" | "hub";
  /**
   * What runs is `command`, `args`, then the listen arguments, in that order. An empty command means the image's own
   * (Kubernetes only), and then neither `args` nor `listenArgs` are given. The spawner fills in `{port}`, `{prefix}` (with both
   * slashes), `{address}` (to listen on: 0.0.0.0 in a pod, 127.0.0.1 locally) and `{socket}`, and touches no other brace.
   */
  readonly command: readonly string[];
  readonly args: readonly string[];
  /** Told to the app last, so that they win: `unix` where `unixSocket` is true and the backend can, else `tcp`. */
  readonly listenArgs: { readonly tcp: readonly string[]; readonly unix: readonly string[] };
  /** Kubernetes: whether the image's entrypoint stays in front (container `args`), as KubeSpawner does, or not (`command`). */
  readonly keepImageEntrypoint: boolean;
  readonly port: number;
  readonly workingDirectory: string | null;
  /** Page the browser is sent to once the server is ready, relative to its prefix: `lab`. */
  readonly defaultPath: string;
  /** Requested (relative to the prefix) until it answers with a status below 500. */
  readonly readyPath: string;
  /** Whether the edge removes `/user/<name>` before it forwards. */
  readonly stripPrefix: boolean;
  /** Header the edge sends the secret in; `null` when the app takes none (then only the network keeps others out). */
  readonly secretHeader: { readonly name: string; readonly format: string } | null;
  /** Environment variable (or, with the suffix `_FILE`, a file) the app reads its secret from. */
  readonly secretVariable: string | null;
  readonly unixSocket: boolean;
};

export type HomeSpec = {
  readonly kind: "claim" | "static" | "none";
  /** The pod's volume: z2jh's init containers mount the home by this name (`volume-{user_server}`, expanded). */
  readonly volumeName: string;
  /** What a new home's claim is called (`pvcNameTemplate`, expanded). A home that exists keeps the name it has. */
  readonly claimName: string;
  readonly mountPath: string;
  readonly capacityBytes: number;
  readonly storageClass: string | null;
  readonly accessModes: readonly string[];
  readonly selector: Readonly<Record<string, unknown>> | null;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  /** `static`: an existing claim shared by all, and the folder in it (already expanded and safe). */
  readonly staticClaim: { readonly name: string; readonly subPath: string } | null;
};

/** Kubernetes objects as the API takes them; the configuration's schema has checked their outer shape. */
export type KubeObject = Readonly<Record<string, unknown>>;

/** What only Kubernetes understands; the local spawner ignores it and the spawn page says so. */
export type PodSpec = {
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
  /** Environment entries with `valueFrom`, which plain `environment` can't say. */
  readonly environmentFrom: readonly KubeObject[];
  readonly deleteGraceSeconds: number;
};
