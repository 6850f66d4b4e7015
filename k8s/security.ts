import { type KubeObject, mergeObjects } from "./merge.ts";
import type { PodSpecShape } from "./pod-shape.ts";

/**
 * Security contexts that satisfy the "restricted" Pod Security Standard unless the configuration asks for more. What it
 * asks for decides what goes with it: root without a single capability, or a `sudo` that can't change its uid, would start
 * and then fail at the one thing it was asked for (z2jh's recipes for chown and GRANT_SUDO).
 */
export function mainSecurityContext(pod: PodSpecShape): KubeObject {
  return securityContext({
    ...(pod.uid === null ? {} : { runAsUser: pod.uid }),
    ...(pod.gid === null ? {} : { runAsGroup: pod.gid }),
    ...(pod.privileged ? { privileged: true } : {}),
    ...(pod.allowPrivilegeEscalation ? { allowPrivilegeEscalation: true } : {}),
    ...pod.containerSecurityContext,
  });
}

/** For init and extra containers: what they say about themselves, and the pod's user where they say nothing. */
export function sideSecurityContext(pod: PodSpecShape, own: KubeObject): KubeObject {
  return securityContext({
    ...(pod.uid === null ? {} : { runAsUser: pod.uid }),
    ...(pod.gid === null ? {} : { runAsGroup: pod.gid }),
    ...own,
  });
}

export function podSecurityContext(pod: PodSpecShape): KubeObject {
  const base = {
    runAsNonRoot: !(pod.uid === 0 || pod.podSecurityContext.runAsUser === 0),
    seccompProfile: { type: "RuntimeDefault" },
    ...(pod.fsGroup === null ? {} : { fsGroup: pod.fsGroup, fsGroupChangePolicy: "OnRootMismatch" }),
    ...(pod.supplementalGroups.length === 0 ? {} : { supplementalGroups: [...pod.supplementalGroups] }),
  };
  return mergeObjects(base, pod.podSecurityContext);
}

function securityContext(asked: KubeObject): KubeObject {
  const isRoot = asked.runAsUser === 0;
  const isPrivileged = asked.privileged === true;
  const mayEscalate = isPrivileged || asked.allowPrivilegeEscalation === true || addsSysAdmin(asked);
  const base = {
    runAsNonRoot: !isRoot,
    // The API refuses `false` together with `privileged` or CAP_SYS_ADMIN.
    allowPrivilegeEscalation: mayEscalate,
    ...(isRoot || mayEscalate ? {} : { capabilities: { drop: ["ALL"] } }),
    ...(isPrivileged ? {} : { seccompProfile: { type: "RuntimeDefault" } }),
  };
  return mergeObjects(base, asked);
}

function addsSysAdmin(asked: KubeObject): boolean {
  const { capabilities } = asked;
  if (typeof capabilities !== "object" || capabilities === null || !("add" in capabilities)) return false;
  return Array.isArray(capabilities.add) && capabilities.add.some((name) => /^(CAP_)?SYS_ADMIN$/.test(String(name)));
}
