import type { Config } from "#server/config/schema.ts";
import { isPlain, type Plain } from "./merge.ts";
import type { Settings } from "./traits.ts";

/** `singleuser` as KubeSpawner's settings, the way z2jh's jupyterhub_config.py maps them: what profiles then override. */
export function baseSettings(config: Config): Settings {
  const { singleuser } = config;
  return {
    ...processSettings(config),
    ...storageSettings(singleuser.storage),
    image: `${singleuser.image.name}:${singleuser.image.tag}`,
    image_pull_policy: singleuser.image.pullPolicy,
    image_pull_secrets: singleuser.image.pullSecrets,
    uid: singleuser.uid,
    fs_gid: singleuser.fsGid,
    allow_privilege_escalation: singleuser.allowPrivilegeEscalation,
    service_account: singleuser.serviceAccountName,
    node_selector: singleuser.nodeSelector,
    tolerations: singleuser.extraTolerations,
    node_affinity_required: singleuser.extraNodeAffinity.required,
    node_affinity_preferred: singleuser.extraNodeAffinity.preferred,
    pod_affinity_required: singleuser.extraPodAffinity.required,
    pod_affinity_preferred: singleuser.extraPodAffinity.preferred,
    pod_anti_affinity_required: singleuser.extraPodAntiAffinity.required,
    pod_anti_affinity_preferred: singleuser.extraPodAntiAffinity.preferred,
    extra_labels: singleuser.extraLabels,
    extra_annotations: singleuser.extraAnnotations,
    extra_pod_config: singleuser.extraPodConfig,
    init_containers: singleuser.initContainers,
    extra_containers: singleuser.extraContainers,
    lifecycle_hooks: singleuser.lifecycleHooks,
    delete_grace_period: singleuser.deleteGraceSeconds,
  };
}

function processSettings({ hub, singleuser }: Config): Settings {
  return {
    app: singleuser.app,
    ...(singleuser.cmd === undefined ? {} : { cmd: singleuser.cmd }),
    ...(singleuser.defaultUrl === undefined ? {} : { default_url: singleuser.defaultUrl }),
    environment: singleuser.extraEnv,
    cpu_limit: singleuser.cpu.limit,
    cpu_guarantee: singleuser.cpu.guarantee,
    mem_limit: singleuser.memory.limit,
    mem_guarantee: singleuser.memory.guarantee,
    process_limit: singleuser.processLimit,
    extra_resource_limits: singleuser.extraResource.limits,
    extra_resource_guarantees: singleuser.extraResource.guarantees,
    start_timeout: singleuser.startTimeout,
    http_timeout: singleuser.httpTimeout,
    shutdown_on_logout: singleuser.shutdownOnLogout ?? hub.shutdownOnLogout,
  };
}

/**
 * The home is a volume in the list like any other, as in z2jh: a profile that replaces `volumes` without it has no home, and
 * `loadConfig` warns of that.
 */
function storageSettings(storage: Config["singleuser"]["storage"]): Settings {
  const volumeName = homeVolumeTemplate(storage);
  const home =
    storage.type === "none"
      ? []
      : [{ name: volumeName, persistentVolumeClaim: { claimName: storage.static.pvcName ?? "{pvc_name}" } }];
  const mount =
    storage.type === "none"
      ? []
      : [
          {
            name: volumeName,
            mountPath: storage.homeMountPath,
            ...(storage.type === "static" ? { subPath: storage.static.subPath } : {}),
          },
        ];
  return {
    storage_pvc_ensure: storage.type === "dynamic",
    storage_capacity: storage.capacity,
    storage_class: storage.dynamic.storageClass,
    storage_access_modes: [...storage.dynamic.storageAccessModes],
    storage_extra_labels: storage.extraLabels,
    storage_extra_annotations: storage.extraAnnotations,
    volumes: [...home, ...sortedObjects(storage.extraVolumes)],
    volume_mounts: [...mount, ...sortedObjects(storage.extraVolumeMounts)],
  };
}

export function homeVolumeTemplate(storage: Config["singleuser"]["storage"]): string {
  return storage.type === "static" ? "home" : storage.dynamic.volumeNameTemplate;
}

/** A list as it is; of a mapping, the values in the order of their keys (KubeSpawner's `_sorted_dict_values`). */
export function sortedObjects(objects: readonly Plain[] | Readonly<Record<string, unknown>> | undefined): Plain[] {
  if (objects === undefined) return [];
  if (Array.isArray(objects)) return objects.filter(isPlain);
  const byKey = Object.entries(objects).sort(([a], [b]) => (a < b ? -1 : 1));
  return byKey.map(([, object]) => object).filter(isPlain);
}
