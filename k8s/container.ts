import type { V1Container, V1VolumeMount } from "@kubernetes/client-node";
import { environmentFor, readsSecretFromFile, secretMountPath } from "./environment.ts";
import { type KubeObject, mergeObjects } from "./merge.ts";
import { serverPortName } from "./network-policy.ts";
import type { PodOrder, PodSpecShape } from "./pod-shape.ts";
import { mainResources, sideResources } from "./resources.ts";
import { fileKeyFor } from "./secret.ts";
import { mainSecurityContext, sideSecurityContext } from "./security.ts";

/** KubeSpawner's name for it: overrides and dashboards made for z2jh know it. */
export const mainContainerName = "notebook";
export const secretVolumeName = "berth-secret";
export const filesVolumeName = "berth-files";

/** The container the server's program runs in. The configuration's own overrides come last, but never over its limits. */
export function mainContainerFor(order: PodOrder): V1Container {
  const { app, pod } = order.spec;
  const container: V1Container = {
    name: mainContainerName,
    image: pod.image,
    imagePullPolicy: pod.imagePullPolicy,
    ...commandFor(order),
    ...(app.workingDirectory === null ? {} : { workingDir: app.workingDirectory }),
    ports: [{ name: serverPortName, containerPort: app.port, protocol: "TCP" }],
    env: environmentFor(order),
    volumeMounts: volumeMountsFor(order),
    securityContext: mainSecurityContext(pod),
    ...(pod.lifecycleHooks === null ? {} : { lifecycle: pod.lifecycleHooks }),
  };
  return limitedMain(order, mergeObjects(container, pod.extraContainerConfig));
}

/** Sets what no override may change: the name the hub looks for, and the limits that were reserved. */
export function limitedMain({ spec }: PodOrder, container: V1Container): V1Container {
  return { ...container, name: mainContainerName, resources: mainResources(spec, container.resources) };
}

/** An init or extra container of the configuration: limited, and restricted where it says nothing of its own. */
export function sideContainerFor(pod: PodSpecShape, container: KubeObject): V1Container {
  const own = container as KubeObject & V1Container;
  const securityContext = sideSecurityContext(pod, (container.securityContext ?? {}) as KubeObject);
  return { ...own, resources: sideResources(container.resources), securityContext };
}

/** `{port}`, `{prefix}` and `{address}`; there is no `{socket}` between machines. */
function fillPlaceholders(text: string, place: { readonly port: number; readonly prefix: string }): string {
  const values: Readonly<Record<string, string>> = {
    port: String(place.port),
    prefix: place.prefix,
    // Every address of the pod: who may connect is the network policy's business.
    address: "0.0.0.0",
  };
  return text.replace(/\{(port|prefix|address)\}/g, (whole, name: string) => values[name] ?? whole);
}

function commandFor({ spec: { app }, prefix }: PodOrder): Pick<V1Container, "command" | "args"> {
  if (app.command.length === 0) return {};
  const words = [...app.command, ...app.args, ...app.listenArgs.tcp];
  const filled = words.map((word) => fillPlaceholders(word, { port: app.port, prefix }));
  return app.keepImageEntrypoint ? { args: filled } : { command: filled };
}

function volumeMountsFor(order: PodOrder): V1VolumeMount[] {
  const { home, pod } = order.spec;
  const homeMount: V1VolumeMount = { name: home.volumeName, mountPath: home.mountPath };
  const subPath = home.kind === "static" && home.staticClaim !== null ? { subPath: home.staticClaim.subPath } : {};
  return [
    ...(home.kind === "none" ? [] : [{ ...homeMount, ...subPath }]),
    ...(readsSecretFromFile(order) ? [{ name: secretVolumeName, mountPath: secretMountPath, readOnly: true }] : []),
    ...order.files.map(({ path }) => ({
      name: filesVolumeName,
      mountPath: path,
      subPath: fileKeyFor(path),
      readOnly: true,
    })),
    ...(pod.volumeMounts as readonly (KubeObject & V1VolumeMount)[]),
  ];
}
