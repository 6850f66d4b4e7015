import { isKubeApiError } from "#k8s/errors.ts";
import type { KubernetesContext } from "../kubernetes-context.ts";
import type { HealthCheck } from "../spawner.ts";
import { allowedOf, type SingleRight } from "./review.ts";
import { fine, wordsOf, wrong } from "./said.ts";

const name = "Kubernetes account";

type Excess = { readonly right: SingleRight; readonly words: string };

const everything: SingleRight = { group: "*", resource: "*", verb: "*", namespace: null };
const across = (verb: string, resource: string, group = ""): SingleRight => ({
  verb,
  resource,
  group,
  namespace: null,
});
const rbac = "rbac.authorization.k8s.io";

/** No file of k8s/rbac gives any of it, and each is a way to become somebody else or to read what isn't Berth's (S-73). */
export function excessFor(namespace: string | null): readonly Excess[] {
  const inServers: readonly Excess[] =
    namespace === null
      ? []
      : [
          { right: { ...across("list", "secrets"), namespace }, words: `list the secrets in ${namespace}` },
          { right: { ...across("create", "pods/exec"), namespace }, words: `enter the pods in ${namespace}` },
        ];
  return [
    { right: everything, words: "do everything, as cluster-admin" },
    { right: across("list", "secrets"), words: "list the secrets of every namespace" },
    { right: across("create", "pods"), words: "run pods in every namespace" },
    { right: across("create", "pods/exec"), words: "enter the pods of every namespace" },
    { right: across("get", "nodes/proxy"), words: "reach every machine's kubelet" },
    { right: across("delete", "namespaces"), words: "delete namespaces" },
    { right: across("impersonate", "users"), words: "act as anybody" },
    { right: across("escalate", "clusterroles", rbac), words: "give itself any right" },
    { right: across("create", "clusterrolebindings", rbac), words: "bind roles across the cluster" },
    ...inServers,
  ];
}

/** Whether whoever took over the hub would have more of the cluster than Berth needs. */
export async function accountCheck(k: KubernetesContext): Promise<HealthCheck> {
  const { scope } = k.settings;
  const excess = excessFor(scope.kind === "namespace" ? scope.namespace : null);
  try {
    const allowed = await allowedOf(
      k,
      excess.map(({ right }) => right),
    );
    return accountJudged(excess, allowed);
  } catch (error) {
    if (!isKubeApiError(error)) throw error;
    return wrong(name, `Can't be asked about: ${wordsOf(error)}.`, null);
  }
}

export function accountJudged(excess: readonly Excess[], allowed: ReadonlySet<SingleRight>): HealthCheck {
  const had = excess.filter(({ right }) => allowed.has(right));
  const [first] = had;
  if (first === undefined) return fine(name, "May do no more than Berth needs, as far as was asked.");
  // Whoever may do it everywhere may do it there, and whoever may do everything may do the rest: once is enough.
  const most = had.filter(({ right }, at) => !had.slice(0, at).some((wider) => isSame(wider.right, right)));
  const words = first.right === everything ? first.words : most.map(({ words }) => words).join(", ");
  const fix =
    "Give Berth an account of its own that holds what k8s/rbac says and nothing else: whoever takes over the hub has its rights.";
  return wrong(name, `May do far more than Berth needs: ${words}.`, fix);
}

function isSame(wider: SingleRight, right: SingleRight): boolean {
  return wider.verb === right.verb && wider.resource === right.resource;
}
