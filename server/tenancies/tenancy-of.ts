import type { Place, TenancyGroup } from "#db/tenancies.ts";
import type { Config } from "#server/config/schema.ts";
import { boundsOf } from "#server/quotas/amounts.ts";
import { isGroupsOwn } from "#server/servers/namespace.ts";
import type { SharedVolumePlace, Tenancy } from "#server/spawner/tenancy.ts";
import { hasSharedVolumes, sharedClaimName } from "./shared-volume.ts";

/**
 * What a namespace must hold. A quota is repeated in the cluster only where the namespace is the group's alone: elsewhere no quota of
 * Kubernetes can say it, and the hub's own count is all there is.
 */
export function tenancyOf(config: Config, { namespace, group, userId }: Place): Tenancy {
  const isGroups = group !== null && isGroupsOwn(config) && group.namespace === namespace;
  const sharedVolume = group === null || !hasSharedVolumes(config) ? null : volumePlaceOf(group);
  return {
    namespace,
    groupId: isGroups ? group.id : null,
    userId: isOneUsers(config) ? userId : null,
    quota: isGroups ? boundsOf(group) : null,
    sharedVolume,
  };
}

function volumePlaceOf(group: TenancyGroup): SharedVolumePlace | null {
  const { id: groupId, sharedVolume } = group;
  if (sharedVolume === null) return null;
  const { name, capacityBytes, storageClass } = sharedVolume;
  return { groupId, claimName: sharedClaimName(groupId, name), capacityBytes, storageClass };
}

function isOneUsers({ spawner }: Config): boolean {
  return spawner.kubernetes.namespaceTemplate?.includes("{username}") === true;
}
