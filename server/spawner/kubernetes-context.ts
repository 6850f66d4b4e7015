import type { KubeClient } from "#k8s/client.ts";
import type { PodSecurityLevel } from "#k8s/namespace.ts";
import type { IsolationSettings } from "#k8s/network-policy.ts";
import type { Clock } from "#server/clock.ts";
import type { Log } from "#server/log.ts";
import type { KubernetesView } from "./kubernetes-view.ts";

export type KubernetesSettings = {
  /** All servers in one namespace, or each user or group in their own (then the whole cluster is watched). */
  readonly scope: { readonly kind: "namespace"; readonly namespace: string } | { readonly kind: "cluster" };
  /** Makes namespaces that don't exist, with this pod security level; null: they are made by somebody else. */
  readonly makeNamespaces: PodSecurityLevel | null;
  readonly isolation: Omit<IsolationSettings, "namespace" | "installationId">;
  /** Machines may be added when none fits; when false, a server no machine can ever hold fails at once. */
  readonly autoscaling: boolean;
};

/** What the parts of the Kubernetes backend share. */
export type KubernetesContext = {
  readonly client: KubeClient;
  readonly installationId: string;
  readonly settings: KubernetesSettings;
  readonly clock: Clock;
  readonly log: Log;
  /** What the running watch knows; empty when none runs. */
  readonly view: KubernetesView;
};
