import { accessReviews } from "#k8s/kinds.ts";
import type { KubernetesContext } from "../kubernetes-context.ts";
import type { Right } from "../kubernetes-rights.ts";

/** One thing somebody may do, and where; null is across the cluster. */
export type SingleRight = Omit<Right, "verbs"> & { readonly verb: string; readonly namespace: string | null };

export function singly(rights: readonly Right[], namespace: string | null): SingleRight[] {
  return rights.flatMap(({ verbs, ...right }) => verbs.map((verb) => ({ ...right, verb, namespace })));
}

/** Those of them that Berth's own account has. Everybody may ask this of themselves (`system:basic-user`). */
export async function allowedOf(k: KubernetesContext, rights: readonly SingleRight[]): Promise<Set<SingleRight>> {
  const answers = await Promise.all(rights.map(async (right) => ((await isAllowed(k, right)) ? [right] : [])));
  return new Set(answers.flat());
}

async function isAllowed(k: KubernetesContext, { group, verb, name, namespace, ...right }: SingleRight) {
  const [resource = "", subresource] = right.resource.split("/");
  const review = await k.client.create(accessReviews, null, {
    apiVersion: "authorization.k8s.io/v1",
    kind: "SelfSubjectAccessReview",
    spec: {
      resourceAttributes: {
        ...{ group, resource, verb },
        ...(name === undefined ? {} : { name }),
        ...(subresource === undefined ? {} : { subresource }),
        ...(namespace === null ? {} : { namespace }),
      },
    },
  });
  return review.status?.allowed === true;
}
