import type { V1PersistentVolumeClaim, V1Pod } from "@kubernetes/client-node";
import { claims, type Kind, pods } from "#k8s/kinds.ts";
import { homeSelector, serverSelector } from "#k8s/labels.ts";
import type { ApiObject, CacheListener } from "#k8s/object-cache.ts";
import { Reflector } from "#k8s/reflector.ts";
import type { KubernetesContext } from "./kubernetes-context.ts";
import { KubernetesEvents } from "./kubernetes-events.ts";
import { watchedNamespace } from "./kubernetes-look.ts";
import { sightingOf } from "./kubernetes-sighting.ts";
import { type KubernetesSource, keyOf } from "./kubernetes-view.ts";
import type { Sighting, SpawnerListener } from "./spawner.ts";

/** Undefined sightings are pods whose labels somebody changed: kept, so that their deletion is no surprise, and told to nobody. */
type SeenPod = { readonly key: string; readonly version: string; readonly sighting: Sighting | undefined };

/** One list and watch of pods and one of claims, until the signal aborts; events only while a start is pending. */
export async function watchPods(k: KubernetesContext, listener: SpawnerListener, signal: AbortSignal): Promise<void> {
  const podsByName = new Map<string, Sighting>();
  const claimsByName = new Map<string, V1PersistentVolumeClaim>();
  const events = new KubernetesEvents(k, listener, signal);
  const podView = reflect(k, pods, serverSelector(k.installationId), {
    slim: (pod: V1Pod) => seenPod(k, pod),
    ...podListener(podsByName, events, listener),
    stale: (since) => {
      k.log[since === null ? "info" : "warn"](
        { since },
        since === null ? "the view of pods is fresh" : "the view of pods is stale",
      );
      listener.stale(since);
    },
  });
  const claimView = reflect(k, claims, homeSelector(k.installationId), {
    slim: slimClaim,
    added: (claim: V1PersistentVolumeClaim) => claimsByName.set(claimKey(claim), claim),
    modified: (claim: V1PersistentVolumeClaim) => claimsByName.set(claimKey(claim), claim),
    deleted: (claim: V1PersistentVolumeClaim) => {
      if (claimsByName.get(claimKey(claim))?.metadata?.uid === claim.metadata?.uid)
        claimsByName.delete(claimKey(claim));
    },
  });
  const source: KubernetesSource = {
    pods: podsByName,
    claims: claimsByName,
    podsFresh: () => podView.staleSince === null,
    claimsFresh: () => claimView.staleSince === null,
  };
  k.view.attach(source);
  try {
    await Promise.all([podView.run(signal), claimView.run(signal)]);
  } finally {
    k.view.detach(source);
    await events.ended();
  }
}

type Reflected<T, S> = CacheListener<S> & { slim(object: T): S; stale?(since: Date | null): void };

function reflect<T extends ApiObject, S>(
  k: KubernetesContext,
  kind: Kind<T>,
  labelSelector: string,
  how: Reflected<T, S>,
) {
  return new Reflector<T, S>({
    client: k.client,
    kind,
    namespace: watchedNamespace(k),
    labelSelector,
    time: k.clock,
    failed: (error) => k.log.debug({ err: error, kind: kind.plural }, "a list or watch failed; trying again"),
    ...how,
  });
}

function podListener(
  byName: Map<string, Sighting>,
  events: KubernetesEvents,
  listener: SpawnerListener,
): CacheListener<SeenPod> {
  const told = new Map<string, string>();
  const see = ({ key, version, sighting }: SeenPod): void => {
    if (sighting === undefined) return;
    byName.set(key, sighting);
    events.note(sighting, version);
    // Most changes of a pod change nothing that is decided by: each word costs the hub a look at its records.
    const word = JSON.stringify(sighting.observation);
    const runId = sighting.ref.runId ?? "";
    if (told.get(runId) === word) return;
    told.set(runId, word);
    listener.changed(sighting);
  };
  return {
    added: see,
    modified: see,
    deleted: ({ key, sighting }) => {
      if (sighting === undefined) return;
      if (byName.get(key)?.ref.runId === sighting.ref.runId) byName.delete(key);
      told.delete(sighting.ref.runId ?? "");
      const gone: Sighting = { ref: sighting.ref, observation: { kind: "absent" } };
      events.note(gone, "0");
      listener.changed(gone);
    },
  };
}

function seenPod(k: KubernetesContext, pod: V1Pod): SeenPod {
  const { namespace = "", name = "", resourceVersion = "0" } = pod.metadata ?? {};
  return {
    key: keyOf(namespace, name),
    version: resourceVersion,
    sighting: sightingOf(pod, k.installationId, k.settings.autoscaling),
  };
}

/** What a start asks of a claim, and no more. */
function slimClaim({ metadata = {}, status }: V1PersistentVolumeClaim): V1PersistentVolumeClaim {
  const { uid, name, namespace, labels, annotations, deletionTimestamp } = metadata;
  return {
    metadata: JSON.parse(JSON.stringify({ uid, name, namespace, labels, annotations, deletionTimestamp })),
    ...(status?.phase === undefined ? {} : { status: { phase: status.phase } }),
  };
}

function claimKey({ metadata }: V1PersistentVolumeClaim): string {
  return keyOf(metadata?.namespace ?? "", metadata?.name ?? "");
}
