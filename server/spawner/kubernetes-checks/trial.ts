import { isNotFound, isQuotaUncounted, type KubeApiError } from "#k8s/errors.ts";
import { parseKubernetesQuantity } from "#k8s/quantity.ts";
import { quotaName } from "#k8s/resource-quota.ts";
import type { HealthCheck } from "../spawner.ts";
import { fine, wrong } from "./said.ts";

const name = "Default profile";

/** What became of asking for one server, or one home, of the default profile; null: the cluster would take it. */
export type Trial = {
  readonly namespace: string;
  readonly what: "server" | "home";
  readonly refusal: KubeApiError | null;
};

export function trialsJudged(trials: readonly Trial[]): HealthCheck {
  const notes = trials.flatMap(({ refusal, ...at }) => (refusal === null ? [] : [judged(at, refusal)]));
  const bad = notes.filter(({ ok }) => !ok);
  const [first] = bad.length > 0 ? bad : notes;
  if (first === undefined)
    return fine(name, "The cluster would take a server of it: quotas, limits and admission policies allow it.");
  return bad.length > 1 ? { ...first, message: `${first.message} (And ${bad.length - 1} more like it.)` } : first;
}

function judged({ namespace, what }: Omit<Trial, "refusal">, refusal: KubeApiError): HealthCheck {
  const { detail, status } = refusal;
  if (status === 0) return wrong(name, `Can't be tried in ${namespace}: ${detail}.`, null);
  if (/cannot create resource/.test(detail)) return fine(name, `Not tried: Berth may make no ${what} in ${namespace}.`);
  if (isQuotaUncounted(refusal)) return fine(name, `Not tried: a quota in ${namespace} isn't counted yet.`);
  // A webhook that says it has side effects isn't asked in a dry run; the API server then refuses the whole.
  if (status === 400 && /dry ?run/i.test(detail)) return fine(name, `Can't be tried in ${namespace}: ${detail}`);
  if (isNotFound(refusal) && /^namespaces /.test(detail))
    return wrong(name, `There is no namespace ${namespace}.`, `kubectl create namespace ${namespace}`);
  const message = `The cluster refuses a ${what} of it in ${namespace}: ${detail}`;
  const quota = quotaIn(detail);
  if (quota !== null) return quotaJudged(namespace, message, quota);
  // LimitRanger: "maximum memory usage per Container is 1Gi, but limit is 2Gi".
  if (/ per (?:Pod|Container|PersistentVolumeClaim) is /.test(detail))
    return wrong(
      name,
      message,
      `Ask whoever made the limit range (kubectl --namespace ${namespace} get limitrange) to change it, or change the profile.`,
    );
  return wrong(
    name,
    message,
    "Change the profile so that it is taken, or ask whoever made that rule for an exception.",
  );
}

type Quota = { readonly name: string; readonly isImpossible: boolean };

function quotaJudged(namespace: string, message: string, quota: Quota): HealthCheck {
  // Berth's own says what a group may use; that nothing more fits is what it is for.
  if (quota.name === quotaName) return fine(name, `In ${namespace} the group's quota has no room for one more now.`);
  const see = `kubectl --namespace ${namespace} describe resourcequota ${quota.name}`;
  return quota.isImpossible
    ? wrong(name, message, `No server of it can ever start there. Raise that quota (${see}), or lower the profile.`)
    : wrong(name, message, `It is used up. Raise that quota (${see}), or stop what else runs there.`);
}

/** Admission's words: `exceeded quota: q, requested: pods=1, used: pods=3, limited: pods=3`; `failed quota: q: must specify limits.cpu`. */
function quotaIn(detail: string): Quota | null {
  const failed = /failed quota: ([^:,\s]+): must specify/.exec(detail)?.[1];
  if (failed !== undefined) return { name: failed, isImpossible: true };
  const found = /exceeded quota: ([^,\s]+), requested: (.*), used: .*, limited: (.*)$/.exec(detail);
  const [, quota, requested = "", limited = ""] = found ?? [];
  if (quota === undefined) return null;
  const limits = amountsIn(limited);
  const isImpossible = [...amountsIn(requested)].some(
    ([resource, amount]) => amount > (limits.get(resource) ?? amount),
  );
  return { name: quota, isImpossible };
}

function amountsIn(text: string): ReadonlyMap<string, number> {
  const pairs = [...text.matchAll(/([^\s,=]+)=([^\s,]+)/g)];
  return new Map(pairs.map(([, resource = "", amount = ""]) => [resource, amountOf(amount)]));
}

/** These words are for people: an amount that can't be read compares with none. */
function amountOf(text: string): number {
  try {
    return parseKubernetesQuantity(text);
  } catch {
    return Number.NaN;
  }
}
