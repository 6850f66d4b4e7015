import type { V1Pod } from "@kubernetes/client-node";
import { isAlreadyExists, isConflict, isKubeApiError, isNotFound, isUnavailable } from "#k8s/errors.ts";
import { pods, secrets } from "#k8s/kinds.ts";
import { isOwned, serverOf } from "#k8s/labels.ts";
import { podFor } from "#k8s/pod.ts";
import { secretFor } from "#k8s/secret.ts";
import type { KubernetesContext } from "./kubernetes-context.ts";
import type { KubernetesGround } from "./kubernetes-ground.ts";
import { homeClaim } from "./kubernetes-home.ts";
import { identityOf, podOrderOf } from "./kubernetes-order.ts";
import { outcomeOf } from "./kubernetes-refusals.ts";
import type { SpawnOrder, StartOutcome } from "./spawner.ts";
import type { Tenancy } from "./tenancy.ts";

/**
 * Home, pod, secret. Each step may be done twice or found done: by another hub, by this one before it was killed, or by a
 * request whose answer was lost. The pod's fixed name is what makes it one pod (R-01, F-10).
 */
export async function startPod(
  k: KubernetesContext,
  ground: KubernetesGround,
  order: SpawnOrder,
  signal: AbortSignal,
): Promise<StartOutcome> {
  try {
    const notYet = await ground.prepare(k, tenancyOf(order));
    if (notYet !== null) return notYet;
    const home = await homeClaim(k, order, signal);
    if (home.kind !== "home") return home;
    const made = await makePod(k, order, signal);
    if (made.kind !== "pod") return made;
    if (order.spec.app.secretVariable !== null || hasFiles(order)) await makeSecret(k, order, made.uid, signal);
    return { kind: "started", homeUid: home.uid };
  } catch (error) {
    if (!isKubeApiError(error)) throw error;
    if (isNotFound(error)) ground.forget(order.ref.namespace);
    k.log.debug({ serverId: order.ref.serverId, status: error.status, detail: error.detail }, "a start was not taken");
    return outcomeOf(error);
  }
}

function hasFiles({ files = [] }: SpawnOrder): boolean {
  return files.length > 0;
}

function tenancyOf({ tenancy, ref }: SpawnOrder): Tenancy {
  return tenancy ?? { namespace: ref.namespace, groupId: null, userId: null, quota: null, sharedVolume: null };
}

type MadePod = { readonly kind: "pod"; readonly uid: string } | StartOutcome;

async function makePod(k: KubernetesContext, order: SpawnOrder, signal: AbortSignal): Promise<MadePod> {
  try {
    const pod = await k.client.create(pods, order.ref.namespace, podFor(podOrderOf(order, k.installationId)), signal);
    return { kind: "pod", uid: uidOf(pod) };
  } catch (error) {
    if (isAlreadyExists(error)) return await judgePod(k, order, signal);
    if (!isUnavailable(error)) throw error;
    // It may have been carried out all the same: the name tells.
    const outcome = await judgePod(k, order, signal);
    return outcome.kind === "retry" ? outcomeOf(error) : outcome;
  }
}

/** Whose pod has the name? Ours of this start is adopted; ours of an older one must go first; anybody else's is left alone (F-09). */
async function judgePod(k: KubernetesContext, order: SpawnOrder, signal: AbortSignal): Promise<MadePod> {
  const { namespace, objectName, serverId, generation } = order.ref;
  const at = { namespace, name: objectName };
  const pod = await k.client.get(pods, at, signal).catch((error: unknown) => {
    if (isNotFound(error)) return undefined;
    throw error;
  });
  if (pod === undefined) return { kind: "retry", afterMs: 100, because: "The last run of this server has just ended." };
  const found = serverOf(pod);
  if (!isOwned(pod, k.installationId) || found?.serverId !== serverId) return taken(namespace, objectName, pod);
  const isGoing = pod.metadata?.deletionTimestamp !== undefined;
  if (found.generation === generation && !isGoing) return { kind: "pod", uid: uidOf(pod) };
  if (found.generation > generation)
    return { kind: "retry", afterMs: 1000, because: "A newer start of this server is under way." };
  if (!isGoing) await removePod(k, { ...at, uid: uidOf(pod) }, signal);
  return { kind: "retry", afterMs: 500, because: "The last run of this server is still being removed." };
}

async function removePod(
  k: KubernetesContext,
  pod: { readonly namespace: string; readonly name: string; readonly uid: string },
  signal: AbortSignal,
): Promise<void> {
  await k.client.delete(pods, pod, signal).catch((error: unknown) => {
    if (!isNotFound(error) && !isConflict(error)) throw error;
  });
}

/** Owned by the pod, so it goes with it. One that another pod left under the name can't be changed (immutable), only replaced. */
async function makeSecret(k: KubernetesContext, order: SpawnOrder, podUid: string, signal: AbortSignal): Promise<void> {
  const { namespace, objectName } = order.ref;
  const wanted = secretFor({
    ...identityOf(order, k.installationId),
    objectName,
    namespace,
    podUid,
    secret: order.secret,
    files: order.files ?? [],
  });
  const make = () => k.client.create(secrets, namespace, wanted, signal);
  try {
    await make();
  } catch (error) {
    if (!isAlreadyExists(error) && !isUnavailable(error)) throw error;
    const at = { namespace, name: wanted.metadata?.name ?? "" };
    const found = await k.client.get(secrets, at, signal).catch((reason: unknown) => {
      throw isNotFound(reason) ? error : reason;
    });
    if (found.metadata?.ownerReferences?.some(({ uid }) => uid === podUid)) return;
    await k.client.delete(secrets, { ...at, uid: uidOf(found) }, signal);
    await make();
  }
}

function taken(namespace: string, name: string, pod: V1Pod): StartOutcome {
  return {
    kind: "refused",
    failure: {
      reason: "conflict",
      publicMessage:
        "Something else in the cluster already has the name of your server. An administrator has to remove it.",
      detail: `pod ${namespace}/${name} (UID ${uidOf(pod)}) is not Berth's, or belongs to another server`,
    },
  };
}

function uidOf(object: { readonly metadata?: { readonly uid?: string } }): string {
  const uid = object.metadata?.uid;
  if (uid === undefined) throw new Error("the API server gave an object without a UID");
  return uid;
}
