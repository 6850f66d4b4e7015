import { type Labels, ownershipLabels } from "./labels.ts";
import { sideResources } from "./resources.ts";

/** Our own type: client-node's says `_default` for `default`. Send it as plain JSON. */
export type LimitRangeManifest = {
  readonly apiVersion: "v1";
  readonly kind: "LimitRange";
  readonly metadata: { readonly name: string; readonly namespace: string; readonly labels: Labels };
  readonly spec: {
    readonly limits: readonly {
      readonly type: string;
      readonly default: Readonly<Labels>;
      readonly defaultRequest: Readonly<Labels>;
    }[];
  };
};

export const limitRangeName = "berth-defaults";

/** For containers that say nothing: whatever comes into the namespace (a sidecar that an admission webhook adds) is limited too. */
export function limitRangeFor(place: {
  readonly namespace: string;
  readonly installationId: string;
}): LimitRangeManifest {
  const { limits, requests } = sideResources({});
  return {
    apiVersion: "v1",
    kind: "LimitRange",
    metadata: { name: limitRangeName, namespace: place.namespace, labels: ownershipLabels(place.installationId) },
    spec: { limits: [{ type: "Container", default: limits, defaultRequest: requests }] },
  };
}
