import type { V1PersistentVolumeClaim, V1Pod } from "@kubernetes/client-node";
import { isForbidden } from "#k8s/errors.ts";
import { claims, type StorageClass, storageClasses } from "#k8s/kinds.ts";
import type { KubernetesContext } from "../kubernetes-context.ts";
import type { HealthCheck, ServersPlan } from "../spawner.ts";
import { fine, someOf, wordsOf, wrong } from "./said.ts";

const name = "Storage class";
const defaultClassKey = "storageclass.kubernetes.io/is-default-class";
/** A provider makes a volume in a minute or two; a claim nobody waits for may stay unbound for ever (WaitForFirstConsumer). */
const patienceMs = 3 * 60_000;
const claimsAtMost = 20;

export async function storageChecks(
  k: KubernetesContext,
  plan: ServersPlan,
  pending: readonly V1Pod[],
): Promise<HealthCheck[]> {
  const wanted = wantedClasses(plan);
  const waiting = await waitingClaims(k, pending);
  const stuck = stuckClaimsJudged(waiting, k.clock.now());
  return [...(wanted === null ? [] : [await classCheck(k, wanted)]), ...(stuck === null ? [] : [stuck])];
}

/** null in the set: the cluster's default. null: no profile makes homes. Without profiles the default is what matters. */
function wantedClasses({ specs }: ServersPlan): ReadonlySet<string | null> | null {
  if (specs.length === 0) return new Set([null]);
  const made = specs.filter(({ home }) => home.kind === "claim");
  return made.length === 0 ? null : new Set(made.map(({ home }) => home.storageClass));
}

async function classCheck(k: KubernetesContext, wanted: ReadonlySet<string | null>): Promise<HealthCheck> {
  try {
    return classesJudged((await k.client.list(storageClasses, { namespace: null })).items, wanted);
  } catch (error) {
    if (!isForbidden(error)) return wrong(name, `Can't be looked at: ${wordsOf(error)}.`, null);
    const classes = [...wanted].map((one) => one ?? "the cluster's default").join(", ");
    return fine(
      name,
      `Not checked: Berth's role may not list storage classes, and needn't. New homes use ${classes}; if a home waits for storage, ask the cluster's admin whether that class exists.`,
    );
  }
}

export function classesJudged(found: readonly StorageClass[], wanted: ReadonlySet<string | null>): HealthCheck {
  const names = found.map(({ metadata }) => metadata?.name ?? "");
  const known = names.length === 0 ? "The cluster has none." : `There are: ${someOf(names, 10)}.`;
  const byDefault = found.find(({ metadata }) => metadata?.annotations?.[defaultClassKey] === "true");
  // An empty name asks for volumes without a class, which an admin made.
  const missing = [...wanted].filter((one) => one !== null && one !== "" && !names.includes(one));
  if (missing.length > 0)
    return wrong(
      name,
      `New homes are to use ${missing.join(", ")}, which isn't there. ${known}`,
      "Correct singleuser.storage.dynamic.storageClass (or the profile's storage_class), or make that class.",
    );
  if (wanted.has(null) && byDefault === undefined)
    return wrong(
      name,
      `New homes use the cluster's default, and no class is that. ${known}`,
      "Name one in singleuser.storage.dynamic.storageClass, or make one the cluster's default.",
    );
  const used = [...wanted].map((one) => (one === "" ? "volumes without a class" : (one ?? byDefault?.metadata?.name)));
  return fine(name, `New homes use ${used.join(", ")}.`);
}

/** Claims that some pod can't start without. */
async function waitingClaims(k: KubernetesContext, pending: readonly V1Pod[]): Promise<V1PersistentVolumeClaim[]> {
  const named = pending.flatMap(({ metadata, spec }) =>
    (spec?.volumes ?? []).flatMap(({ persistentVolumeClaim: claim }) =>
      claim === undefined ? [] : [`${metadata?.namespace ?? ""}/${claim.claimName}`],
    ),
  );
  const looks = [...new Set(named)].slice(0, claimsAtMost).map(async (key) => {
    const [namespace = "", claimName = ""] = key.split("/");
    // One that isn't there is that server's own failure, and said to its user.
    return await k.client.get(claims, { namespace, name: claimName }).catch(() => null);
  });
  return (await Promise.all(looks)).filter((claim) => claim !== null);
}

export function stuckClaimsJudged(waiting: readonly V1PersistentVolumeClaim[], now: Date): HealthCheck | null {
  const stuck = waiting.filter(
    ({ status, metadata }) =>
      // The API sends text where the generated types say Date.
      status?.phase === "Pending" &&
      now.getTime() - new Date(metadata?.creationTimestamp ?? now).getTime() > patienceMs,
  );
  if (stuck.length === 0) return null;
  const classes = new Set(stuck.map(({ spec }) => spec?.storageClassName ?? "none"));
  const namespaces = new Set(stuck.map(({ metadata }) => metadata?.namespace ?? ""));
  const [first = ""] = namespaces;
  return wrong(
    "Storage",
    `Servers wait for ${stuck.length} of their homes, which have no volume (class: ${[...classes].join(", ")}; namespace: ${someOf([...namespaces])}).`,
    `kubectl --namespace ${first} describe pvc says what the storage provider answers.`,
  );
}
