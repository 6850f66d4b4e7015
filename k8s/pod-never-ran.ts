import type { V1ContainerStatus, V1Pod } from "@kubernetes/client-node";

/** Says the kubelet itself: it has the pod, and no container of it has been made yet. What it hasn't spoken of may run. */
export function hasNeverRun({ status }: V1Pod): boolean {
  const main = status?.containerStatuses ?? [];
  const all = [...(status?.initContainerStatuses ?? []), ...main, ...(status?.ephemeralContainerStatuses ?? [])];
  return main.length > 0 && all.every(isUnmade);
}

function isUnmade({ state, lastState, containerID, restartCount }: V1ContainerStatus): boolean {
  const isNew = (containerID ?? "") === "" && restartCount === 0 && lastState?.terminated === undefined;
  return isNew && state?.waiting !== undefined;
}
