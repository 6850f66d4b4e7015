import { sortedObjects } from "./base-settings.ts";
import type { Plain } from "./merge.ts";
import type { KubeObject, PodSpec } from "./spec.ts";
import type { Settings } from "./traits.ts";

type Volumes = { readonly volumes: readonly Plain[]; readonly mounts: readonly Plain[] };

/** What only Kubernetes understands. The volumes come without the home's. */
export function podFrom(settings: Settings, { volumes, mounts }: Volumes): PodSpec {
  return {
    image: settings.image ?? "",
    imagePullPolicy: settings.image_pull_policy ?? "IfNotPresent",
    imagePullSecrets: pullSecretNames(settings.image_pull_secrets),
    serviceAccount: settings.service_account ?? null,
    // As KubeSpawner: a token only where a service account was chosen, unless it is said.
    automountServiceAccountToken: settings.automount_service_account_token ?? Boolean(settings.service_account),
    ...scheduling(settings),
    ...security(settings),
    labels: { ...textMap(settings.extra_labels), ...textMap(settings.common_labels) },
    annotations: textMap(settings.extra_annotations),
    extraResourceLimits: quantities(settings.extra_resource_limits),
    extraResourceGuarantees: quantities(settings.extra_resource_guarantees),
    volumes,
    volumeMounts: mounts,
    initContainers: sortedObjects(settings.init_containers),
    extraContainers: sortedObjects(settings.extra_containers),
    lifecycleHooks: orNull(settings.lifecycle_hooks),
    extraContainerConfig: settings.extra_container_config ?? {},
    extraPodConfig: settings.extra_pod_config ?? {},
    environmentFrom: environmentFrom(settings.environment),
    deleteGraceSeconds: settings.delete_grace_period ?? 10,
  };
}

function scheduling(settings: Settings) {
  return {
    nodeSelector: textMap(settings.node_selector),
    tolerations: sortedObjects(settings.tolerations),
    affinity: affinityFrom(settings),
    schedulerName: settings.scheduler_name ?? null,
    priorityClassName: settings.priority_class_name || null,
  };
}

function security(settings: Settings) {
  return {
    uid: settings.uid ?? null,
    gid: settings.gid ?? null,
    fsGroup: settings.fs_gid ?? null,
    supplementalGroups: settings.supplemental_gids ?? [],
    allowPrivilegeEscalation: settings.allow_privilege_escalation ?? false,
    privileged: settings.privileged ?? false,
    containerSecurityContext: settings.container_security_context ?? {},
    podSecurityContext: settings.pod_security_context ?? {},
  };
}

function affinityFrom(settings: Settings): KubeObject | null {
  const required = "requiredDuringSchedulingIgnoredDuringExecution";
  const preferred = "preferredDuringSchedulingIgnoredDuringExecution";
  const nodeRequired = sortedObjects(settings.node_affinity_required);
  const affinity = {
    nodeAffinity: present({
      [required]: nodeRequired.length === 0 ? [] : { nodeSelectorTerms: nodeRequired },
      [preferred]: sortedObjects(settings.node_affinity_preferred),
    }),
    podAffinity: present({
      [required]: sortedObjects(settings.pod_affinity_required),
      [preferred]: sortedObjects(settings.pod_affinity_preferred),
    }),
    podAntiAffinity: present({
      [required]: sortedObjects(settings.pod_anti_affinity_required),
      [preferred]: sortedObjects(settings.pod_anti_affinity_preferred),
    }),
  };
  return orNull(present(affinity));
}

/** Kubernetes reads an empty list of terms as "matches nothing": what is empty is left out. */
function present(object: Readonly<Record<string, unknown>>): Plain {
  const isEmpty = (value: unknown) => typeof value === "object" && value !== null && Object.keys(value).length === 0;
  return Object.fromEntries(Object.entries(object).filter(([, value]) => !isEmpty(value)));
}

function orNull(object: Plain | undefined): KubeObject | null {
  return object === undefined || Object.keys(object).length === 0 ? null : object;
}

function pullSecretNames(secrets: Settings["image_pull_secrets"]): string[] {
  const list = typeof secrets === "string" ? [secrets] : (secrets ?? []);
  return list.map((secret) => (typeof secret === "string" ? secret : secret.name));
}

function textMap(map: Readonly<Record<string, string | null>> | undefined): Record<string, string> {
  return Object.fromEntries(
    Object.entries(map ?? {}).flatMap(([key, value]) => (value === null ? [] : [[key, value]])),
  );
}

function quantities(map: Readonly<Record<string, string | number | null>> | undefined): Record<string, string> {
  return Object.fromEntries(
    Object.entries(map ?? {}).flatMap(([key, value]) => (value === null ? [] : [[key, String(value)]])),
  );
}

/** Plain values; `valueFrom` entries, which only Kubernetes can fill, are `environmentFrom`. */
export function plainEnvironment(environment: Settings["environment"]): Record<string, string> {
  return Object.fromEntries(
    Object.entries(environment ?? {}).flatMap(([key, value]) => {
      if (value === null) return [];
      if (typeof value === "string") return [[key, value]];
      return "value" in value ? [[value.name ?? key, value.value]] : [];
    }),
  );
}

function environmentFrom(environment: Settings["environment"]): KubeObject[] {
  return Object.entries(environment ?? {}).flatMap(([key, value]) =>
    value !== null && typeof value === "object" && "valueFrom" in value
      ? [{ name: value.name ?? key, valueFrom: value.valueFrom }]
      : [],
  );
}
