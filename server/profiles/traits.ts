import { z } from "zod";
import { AppConfig } from "./app-config.ts";
import { parseCpuMillicores, parseMemoryBytes, parseStorageBytes } from "./quantity.ts";
import { refusedTraits } from "./traits-refused.ts";

/**
 * What a `kubespawner_override` may set: every setting (trait) of KubeSpawner 7 and its Spawner base that has a meaning on
 * Berth, by its own name. The rest is in traits-refused.ts; tests/kubespawner-traits.test.ts holds both against the package.
 */

export const memoryAmount = z
  .union([z.string(), z.number()])
  .refine((amount) => parseMemoryBytes(amount) !== null, {
    error: "Not an amount of memory. Write 512M, 2G, or a number of bytes; a server always has a limit.",
  })
  .meta({ examples: ["2G"] });
export const cpuAmount = z
  .union([z.string(), z.number()])
  .refine((amount) => parseCpuMillicores(amount) !== null, {
    error: "Not a number of CPUs. Write 2, 0.5 or 500m; a server always has a limit.",
  })
  .meta({ examples: [0.5] });
export const storageAmount = z
  .union([z.string(), z.number()])
  .refine((amount) => parseStorageBytes(amount) !== null, { error: "Not an amount of storage. Write 10Gi." })
  .meta({ examples: ["10Gi"] });

const text = z.string().max(65536);
const textMap = z.record(z.string(), text.nullable());
const kubeObject = z.record(z.string(), z.unknown());
/** KubeSpawner takes these as a list, or as a mapping whose values it sorts by key. */
export const kubeObjects = z.union([z.array(kubeObject), z.record(z.string(), kubeObject.nullable())]);
export const commandWords = z.union([z.string().min(1), z.array(z.string()).min(1)]);
export const identity = z.int().min(0).max(4294967295);
export const seconds = z.int().min(1).max(86400);
export const pullSecrets = z.union([
  z.string().min(1),
  z.array(z.union([z.string().min(1), z.strictObject({ name: z.string().min(1) })])),
]);
export const environmentValues = z.record(
  z.string().regex(/^[A-Za-z_][A-Za-z0-9_.-]*$/, { error: "Not a name for an environment variable." }),
  z
    .union(
      [
        text,
        z.strictObject({ name: z.string().min(1).optional(), value: text }),
        z.strictObject({ name: z.string().min(1).optional(), valueFrom: kubeObject }),
      ],
      {
        error:
          "An environment variable is text (write numbers and true/false in quotes) or an object with “value” or “valueFrom”.",
      },
    )
    .nullable(),
);
const quantities = z.record(z.string(), z.union([z.string(), z.int()]).nullable());

export const traitShapes = {
  image: text.min(1),
  image_pull_policy: z.enum(["Always", "IfNotPresent", "Never"]).nullable(),
  image_pull_secrets: pullSecrets.nullable(),
  cmd: commandWords.nullable(),
  args: z.array(text),
  working_dir: text.nullable(),
  default_url: text,
  notebook_dir: text,
  debug: z.boolean(),
  disable_user_config: z.boolean(),
  environment: environmentValues,
  port: z.int().min(1024).max(65535),
  start_timeout: seconds,
  http_timeout: seconds,
  cpu_limit: cpuAmount,
  cpu_guarantee: cpuAmount.nullable(),
  mem_limit: memoryAmount,
  mem_guarantee: memoryAmount.nullable(),
  extra_resource_limits: quantities,
  extra_resource_guarantees: quantities,
  uid: identity.nullable(),
  gid: identity.nullable(),
  fs_gid: identity.nullable(),
  supplemental_gids: z.array(identity),
  privileged: z.boolean(),
  allow_privilege_escalation: z.boolean().nullable(),
  container_security_context: kubeObject,
  pod_security_context: kubeObject,
  service_account: text.nullable(),
  automount_service_account_token: z.boolean().nullable(),
  common_labels: textMap,
  extra_labels: textMap,
  extra_annotations: textMap,
  node_selector: textMap,
  tolerations: kubeObjects,
  node_affinity_preferred: kubeObjects,
  node_affinity_required: kubeObjects,
  pod_affinity_preferred: kubeObjects,
  pod_affinity_required: kubeObjects,
  pod_anti_affinity_preferred: kubeObjects,
  pod_anti_affinity_required: kubeObjects,
  scheduler_name: text.nullable(),
  priority_class_name: text,
  volumes: kubeObjects,
  volume_mounts: kubeObjects,
  init_containers: kubeObjects,
  extra_containers: kubeObjects,
  extra_container_config: kubeObject,
  extra_pod_config: kubeObject,
  lifecycle_hooks: kubeObject,
  storage_pvc_ensure: z.boolean(),
  storage_capacity: storageAmount.nullable(),
  storage_class: text.nullable(),
  storage_access_modes: z.array(z.enum(["ReadWriteOnce", "ReadWriteMany", "ReadOnlyMany", "ReadWriteOncePod"])).min(1),
  storage_selector: kubeObject,
  storage_extra_labels: textMap,
  storage_extra_annotations: textMap,
  delete_grace_period: z.int().min(0).max(3600),
};
export type TraitName = keyof typeof traitShapes;

/** Berth's own settings, which a profile may set beside KubeSpawner's. */
export const berthShapes = {
  app: AppConfig,
  shutdown_on_logout: z.boolean(),
  process_limit: z.int().min(32).max(1_000_000),
};

/** All settings of one server after profile and choices, before they become a ServerSpec. */
export const Settings = z.strictObject({ ...traitShapes, ...berthShapes }).partial();
export type Settings = z.infer<typeof Settings>;

const refusedShapes = Object.fromEntries(
  Object.entries(refusedTraits).map(([trait, reason]) => [
    trait,
    z.never({ error: `“${trait}” can't be set: ${reason}` }).optional(),
  ]),
);

/** The schema of a `kubespawner_override`. */
export const KubespawnerOverride = z.strictObject({
  ...Settings.shape,
  image_spec: text.optional().describe("Old name of `image`."),
  ...refusedShapes,
});

/** Settings whose strings KubeSpawner expands as templates (`_expand_all` in `get_pod_manifest` and `get_pvc_manifest`). */
export const expandedTraits = [
  "environment",
  "extra_labels",
  "extra_annotations",
  "volumes",
  "volume_mounts",
  "init_containers",
  "extra_containers",
  "extra_pod_config",
  "service_account",
  "working_dir",
  "storage_extra_labels",
  "storage_extra_annotations",
  "storage_selector",
] as const satisfies readonly TraitName[];

/** JupyterHub formats these itself, with `{username}` (jupyterhub/spawner.py, `template_namespace`). */
export const formattedTraits = ["default_url", "notebook_dir"] as const satisfies readonly TraitName[];
