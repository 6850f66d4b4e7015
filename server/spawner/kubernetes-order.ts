import type { LabelledName, ServerIdentity } from "#k8s/labels.ts";
import type { PodOrder } from "#k8s/pod-shape.ts";
import { secretNameFor } from "#k8s/secret.ts";
import type { HomeClaimOrder } from "#k8s/volume-claim.ts";
import { labelValueFor } from "#server/servers/slugs.ts";
import type { SpawnOrder } from "./spawner.ts";

/** The order in the words of the builders. */
export function podOrderOf(order: SpawnOrder, installationId: string): PodOrder {
  const { ref, spec } = order;
  return {
    ...identityOf(order, installationId),
    objectName: ref.objectName,
    namespace: ref.namespace,
    prefix: order.prefix,
    spec,
    homeClaimName: order.home?.name ?? null,
    secretName: secretNameFor(ref.objectName, ref.generation),
    environment: order.environment,
    files: order.files ?? [],
  };
}

export function identityOf(order: SpawnOrder, installationId: string): ServerIdentity {
  const { serverId, generation } = order.ref;
  return { installationId, serverId, generation, ...namesOf(order) };
}

export function claimOrderOf(
  order: SpawnOrder,
  home: NonNullable<SpawnOrder["home"]>,
  installationId: string,
): HomeClaimOrder {
  return {
    name: home.name,
    namespace: order.ref.namespace,
    installationId,
    homeId: home.homeId,
    ...namesOf(order),
    home: order.spec.home,
  };
}

function namesOf(order: SpawnOrder): { readonly owner: LabelledName; readonly server: LabelledName } {
  const labelled = (raw: string) => ({ raw, label: labelValueFor(raw) });
  return { owner: labelled(order.owner.name), server: labelled(order.serverName) };
}
