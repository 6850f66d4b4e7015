import type { KubeClient } from "#k8s/client.ts";
import type { PodSecurityLevel } from "#k8s/namespace.ts";
import type { IsolationSettings } from "#k8s/network-policy.ts";
import type { Clock } from "#server/clock.ts";
import type { Log } from "#server/log.ts";
import type { KubernetesView } from "./kubernetes-view.ts";
import type { Tenancy, TenancyLook } from "./tenancy.ts";

export type KubernetesSettings = {
  /** All servers in one namespace, or each user or group in their own (then the whole cluster is watched). */
  readonly scope: { readonly kind: "namespace"; readonly namespace: string } | { readonly kind: "cluster" };
  /** Makes namespaces that don't exist, with this pod security level; null: they are made by somebody else. */
  readonly makeNamespaces: PodSecurityLevel | null;
  /** Also takes those somebody else made, for servers alone: what else lives there stays as it is (S-74). */
  readonly useExistingNamespaces: boolean;
  readonly isolation: Omit<IsolationSettings, "namespace" | "installationId">;
  /** Secrets for pulling images, copied to each namespace from this one. */
  readonly pullSecrets: { readonly names: readonly string[]; readonly from: string | null };
  /** Resources that count as graphics cards in quotas. */
  readonly gpuResources: readonly string[];
  /** Machines may be added when none fits; when false, a server no machine can ever hold fails at once. */
  readonly autoscaling: boolean;
};

/** What the parts of the Kubernetes backend share. */
export type KubernetesContext = {
  readonly client: KubeClient;
  readonly installationId: string;
  /** A new object when the configuration changed. */
  readonly settings: KubernetesSettings;
  readonly clock: Clock;
  readonly log: Log;
  /** What the running watch knows; empty when none runs. */
  readonly view: KubernetesView;
  /** Told of every place that is new, or in which something was missing. */
  onLook(tenancy: Tenancy, look: TenancyLook): Promise<void>;
};
