import { isAlreadyExists, isKubeApiError, isNotFound, type KubeApiError } from "#k8s/errors.ts";
import { claims, pods } from "#k8s/kinds.ts";
import { podFor } from "#k8s/pod.ts";
import { homeClaimFor } from "#k8s/volume-claim.ts";
import type { KubernetesContext } from "../kubernetes-context.ts";
import { claimOrderOf, podOrderOf } from "../kubernetes-order.ts";
import type { HealthCheck, ServersPlan, SpawnOrder } from "../spawner.ts";
import { type Trial, trialsJudged } from "./trial.ts";

/**
 * Tries one server of the default profile, as a dry run: nobody needs a right to see quotas, limit ranges or admission policies for that,
 * whosever they are, and what they say together is what counts.
 */
export async function roomCheck(
  k: KubernetesContext,
  { example }: ServersPlan,
  namespaces: readonly string[],
): Promise<HealthCheck | null> {
  if (example === null || namespaces.length === 0) return null;
  const trials = await Promise.all(namespaces.map((namespace) => tryIn(k, example, namespace)));
  // Where each user or group has one, a namespace is made before its first server.
  const isMade = ({ refusal }: Trial) => k.settings.makeNamespaces === null || !isNotFound(refusal);
  return trialsJudged(trials.flat().filter(isMade));
}

async function tryIn(k: KubernetesContext, example: SpawnOrder, namespace: string): Promise<Trial[]> {
  const order = { ...example, ref: { ...example.ref, namespace } };
  const { home } = order;
  const trials = [
    refusalOf(k.client.tryCreate(pods, namespace, podFor(podOrderOf(order, k.installationId)))).then(
      (refusal): Trial => ({ namespace, what: "server", refusal }),
    ),
  ];
  if (home !== null && order.spec.home.kind === "claim") {
    const claim = homeClaimFor(claimOrderOf(order, home, k.installationId));
    const tried = refusalOf(k.client.tryCreate(claims, namespace, claim));
    trials.push(tried.then((refusal) => ({ namespace, what: "home", refusal })));
  }
  return await Promise.all(trials);
}

async function refusalOf(trying: Promise<unknown>): Promise<KubeApiError | null> {
  try {
    await trying;
    return null;
  } catch (error) {
    if (!isKubeApiError(error)) throw error;
    // Admission comes before the name is looked at.
    return isAlreadyExists(error) ? null : error;
  }
}
