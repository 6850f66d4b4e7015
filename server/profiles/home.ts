import { isPlain, type Plain } from "./merge.ts";
import { parseStorageBytes } from "./quantity.ts";
import type { HomeSpec } from "./spec.ts";
import type { Settings } from "./traits.ts";

type HomeQuestion = {
  readonly settings: Settings;
  readonly volumes: readonly Plain[];
  readonly mounts: readonly Plain[];
  /** Expanded names of the home's volume and of a new home's claim. */
  readonly volumeName: string;
  readonly claimName: string;
};

type HomeAnswer = { readonly home: HomeSpec; readonly volumes: readonly Plain[]; readonly mounts: readonly Plain[] };

/**
 * Takes the home out of KubeSpawner's lists of volumes and mounts, where it is the volume of the home's name. Other mounts of
 * that volume stay in the list. A profile whose lists no longer hold it has no home, as in KubeSpawner.
 */
export function takeHome({
  settings,
  volumes,
  mounts,
  volumeName,
  claimName,
}: HomeQuestion): HomeAnswer | { readonly problem: string } {
  const volume = volumes.find((item) => item.name === volumeName);
  const mount = mounts.find((item) => item.name === volumeName);
  const without = {
    volumes: volumes.filter((item) => item !== volume),
    mounts: mounts.filter((item) => item !== mount),
  };
  const mountPath = typeof mount?.mountPath === "string" ? mount.mountPath : "";
  const none = homeOf(settings, { kind: "none", mountPath, volumeName, claimName, staticClaim: null });
  if (volume === undefined || mount === undefined) {
    const orphan = volume === undefined && mount !== undefined;
    if (orphan)
      return { problem: `The volume “${volumeName}” is mounted, but the profile's “volumes” no longer hold it.` };
    return { home: none, volumes, mounts };
  }
  const subPath = typeof mount.subPath === "string" ? mount.subPath : "";
  if (settings.storage_pvc_ensure === true) {
    if (subPath !== "")
      return { problem: "A folder (subPath) of a home can't be mounted as the home. Remove “subPath”." };
    return { home: homeOf(settings, { ...none, kind: "claim" }), ...without };
  }
  const claim = isPlain(volume.persistentVolumeClaim) ? volume.persistentVolumeClaim.claimName : undefined;
  if (typeof claim !== "string") return { home: none, volumes, mounts };
  if (!isSafeFolder(subPath)) return { problem: `“${subPath}” can't be a folder of the shared home volume.` };
  return { home: homeOf(settings, { ...none, kind: "static", staticClaim: { name: claim, subPath } }), ...without };
}

function homeOf(
  settings: Settings,
  said: Pick<HomeSpec, "kind" | "mountPath" | "volumeName" | "claimName" | "staticClaim">,
): HomeSpec {
  const text = (map: Settings["storage_extra_labels"]) =>
    Object.fromEntries(Object.entries(map ?? {}).flatMap(([key, value]) => (value === null ? [] : [[key, value]])));
  return {
    kind: said.kind,
    mountPath: said.mountPath,
    volumeName: said.volumeName,
    claimName: said.claimName,
    staticClaim: said.staticClaim,
    capacityBytes: said.kind === "claim" ? (parseStorageBytes(settings.storage_capacity ?? "") ?? 0) : 0,
    storageClass: settings.storage_class ?? null,
    accessModes: settings.storage_access_modes ?? ["ReadWriteOnce"],
    selector: Object.keys(settings.storage_selector ?? {}).length > 0 ? (settings.storage_selector ?? null) : null,
    labels: text(settings.storage_extra_labels),
    annotations: text(settings.storage_extra_annotations),
  };
}

/** One volume holds everybody's folders: a path must stay in it and may not be the volume itself. */
function isSafeFolder(path: string): boolean {
  return (
    path !== "" &&
    !path.startsWith("/") &&
    !path.includes("\0") &&
    path.split("/").every((part) => part !== ".." && part !== "." && part !== "")
  );
}
