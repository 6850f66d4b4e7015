import type { V1PersistentVolumeClaim } from "@kubernetes/client-node";
import { isAlreadyExists, isNotFound, isUnavailable } from "#k8s/errors.ts";
import { claims } from "#k8s/kinds.ts";
import {
  componentKey,
  homeKey,
  isOwned,
  managedBy,
  managedByKey,
  serverNameKey,
  storageComponent,
  userNameKey,
} from "#k8s/labels.ts";
import { homeClaimFor } from "#k8s/volume-claim.ts";
import type { KubernetesContext } from "./kubernetes-context.ts";
import { claimOrderOf } from "./kubernetes-order.ts";
import type { SpawnFailureReason, SpawnOrder, StartOutcome } from "./spawner.ts";

export type HomeOutcome = { readonly kind: "home"; readonly uid: string | null } | StartOutcome;

type Home = NonNullable<SpawnOrder["home"]>;

/**
 * The claim of the home, made only where it never was. A home that was used is data: when its claim is gone or another one has its
 * name, the start ends here, because an empty home in its place would look like a loss, and hide one (F-23, F-35).
 */
export async function homeClaim(k: KubernetesContext, order: SpawnOrder, signal: AbortSignal): Promise<HomeOutcome> {
  const { home } = order;
  if (home === null || order.spec.home.kind !== "claim") return { kind: "home", uid: null };
  const seen = k.view.claim(order.ref.namespace, home.name);
  if (seen !== undefined) return judged(k, order, home, seen);
  const at = { namespace: order.ref.namespace, name: home.name };
  if (home.claimUid !== null || home.usedBefore) {
    const found = await k.client.get(claims, at, signal).catch((error: unknown) => {
      if (isNotFound(error)) return undefined;
      throw error;
    });
    return found === undefined ? missing(at, "the claim doesn't exist any more") : judged(k, order, home, found);
  }
  try {
    const wanted = homeClaimFor(claimOrderOf(order, home, k.installationId));
    const made = await k.client.create(claims, at.namespace, wanted, signal);
    return { kind: "home", uid: made.metadata?.uid ?? null };
  } catch (error) {
    if (!isAlreadyExists(error) && !isUnavailable(error)) throw error;
    // It may have been carried out all the same, or not at all: only a claim that is there says something (F-10).
    const found = await k.client.get(claims, at, signal).catch((reason: unknown) => {
      if (isNotFound(reason)) return undefined;
      throw reason;
    });
    if (found === undefined)
      return { kind: "retry", afterMs: 1000, because: "The cluster didn't take it; trying again." };
    return judged(k, order, home, found);
  }
}

function judged(k: KubernetesContext, order: SpawnOrder, home: Home, claim: V1PersistentVolumeClaim): HomeOutcome {
  const at = { namespace: order.ref.namespace, name: home.name };
  const { uid, deletionTimestamp } = claim.metadata ?? {};
  if (!isHomeOf(k, order, home, claim)) {
    return refused(
      "conflict",
      "The name of your home is already taken in the cluster by something else.",
      at,
      "the claim belongs to somebody else",
    );
  }
  if (uid === undefined || (home.claimUid !== null && uid !== home.claimUid)) {
    return missing(at, `the claim has UID ${uid ?? "?"}, the home was kept in ${home.claimUid ?? "?"}`);
  }
  if (deletionTimestamp !== undefined) {
    return refused("storage", "Your home is being removed, so no server can use it.", at, "the claim is being deleted");
  }
  if (claim.status?.phase === "Lost") return missing(at, "the claim's volume is lost (phase Lost)");
  return { kind: "home", uid };
}

/** Ours by its label; or z2jh's, made for the same user and server before Berth was here. */
function isHomeOf(k: KubernetesContext, order: SpawnOrder, home: Home, claim: V1PersistentVolumeClaim): boolean {
  const { labels = {}, annotations = {} } = claim.metadata ?? {};
  if (labels[managedByKey] === managedBy || labels[homeKey] !== undefined) {
    return isOwned(claim, k.installationId) && labels[homeKey] === home.homeId;
  }
  const isStorage = labels.component === storageComponent || labels[componentKey] === storageComponent;
  return (
    isStorage &&
    annotations[userNameKey] === order.owner.name &&
    (annotations[serverNameKey] ?? "") === order.serverName
  );
}

type At = { readonly namespace: string; readonly name: string };

function missing(at: At, detail: string): StartOutcome {
  const message = "Your home can't be found. Nothing was made in its place; an administrator has to look for it.";
  return refused("storage-missing", message, at, detail);
}

function refused(reason: SpawnFailureReason, publicMessage: string, at: At, detail: string): StartOutcome {
  return { kind: "refused", failure: { reason, publicMessage, detail: `claim ${at.namespace}/${at.name}: ${detail}` } };
}
