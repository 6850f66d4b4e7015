import type { TenancyGroup } from "#db/tenancies.ts";
import type { Config } from "#server/config/schema.ts";
import type { ServerSpec } from "#server/profiles/spec.ts";
import { isGroupsOwn } from "#server/servers/namespace.ts";
import { safeSlug } from "#server/servers/slugs.ts";

const volumeName = "berth-shared";

/** Where a group's servers all reach one claim: in the group's namespace, or in the one namespace of all. */
export function hasSharedVolumes(config: Config): boolean {
  const { type, kubernetes } = config.spawner;
  return type === "kubernetes" && (kubernetes.namespaceTemplate === undefined || isGroupsOwn(config));
}

/** With the group's id, so that nobody's home and no other group's volume can be named by choosing a name. */
export function sharedClaimName(groupId: string, name: string): string {
  return `berth-shared-${groupId.slice(0, 8)}-${safeSlug(name, 32)}`;
}

/** Where it is in a server. */
export function sharedMountPath(config: Config, spec: Pick<ServerSpec, "home">, groupName: string): string {
  const values: Readonly<Record<string, string>> = { home: spec.home.mountPath, group: safeSlug(groupName) };
  return config.groups.sharedVolumePath.replace(/\{(home|group)\}/g, (whole, key: string) => values[key] ?? whole);
}

/** The server with its group's volume, for reading only where its owner may not write there. */
export function withSharedVolume(
  config: Config,
  spec: ServerSpec,
  of: { readonly group: TenancyGroup; readonly role: "member" | "manager" | null } | null,
): ServerSpec {
  const volume = of?.group.sharedVolume ?? null;
  if (of === null || of.role === null || volume === null || !hasSharedVolumes(config)) return spec;
  const readOnly = volume.writers === "managers" && of.role !== "manager";
  const claimName = sharedClaimName(of.group.id, volume.name);
  const mountPath = sharedMountPath(config, spec, of.group.name);
  const { volumes, volumeMounts } = spec.pod;
  return {
    ...spec,
    pod: {
      ...spec.pod,
      volumes: [...volumes, { name: volumeName, persistentVolumeClaim: { claimName, readOnly } }],
      volumeMounts: [...volumeMounts, { name: volumeName, mountPath, readOnly }],
    },
  };
}
