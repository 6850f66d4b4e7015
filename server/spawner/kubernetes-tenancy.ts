import type { V1Namespace, V1RoleBinding } from "@kubernetes/client-node";
import { isAlreadyExists, isForbidden, isKubeApiError, isNotFound, isQuotaExceeded } from "#k8s/errors.ts";
import { namespaces } from "#k8s/kinds.ts";
import { isCounted } from "#k8s/resource-quota.ts";
import type { Account } from "#k8s/role-binding.ts";
import type { KubernetesContext } from "./kubernetes-context.ts";
import type { PieceState } from "./kubernetes-piece.ts";
import {
  ensureAccount,
  ensureDefaultDeny,
  ensureIsolation,
  ensureLimitRange,
  ensurePullSecret,
  ensureQuota,
  ensureRoleBinding,
  ensureSecurityLabels,
  ensureSharedClaim,
  namespaceFor,
  ownerOf,
  PieceProblem,
  pieceNames,
  writtenQuota,
} from "./kubernetes-pieces.ts";
import { outcomeOf } from "./kubernetes-refusals.ts";
import type { Tenancy, TenancyLook } from "./tenancy.ts";

type Outcome = TenancyLook["outcome"];
type Found = { readonly isNew: boolean; readonly mended: string[]; readonly lacking: string[]; outcomes: Outcome[] };
type Step = { readonly name: string; readonly run: () => Promise<PieceState> };

const preparing = "The space for your server is being prepared.";
const soonMs = 250;
/** A right that was just given is not yet known to every API server; a "no" so soon after it says nothing. */
const knownAfterMs = 15_000;

/**
 * Makes a namespace of servers whole, or says what keeps it from that. By what is there now, so that whatever a crash or a person's hand
 * left out is made by the next look. Nothing runs in it before it is whole: the policies are there before the first pod (S-71).
 */
export async function ensureTenancy(k: KubernetesContext, account: Account, tenancy: Tenancy): Promise<TenancyLook> {
  const found = await openNamespace(k, tenancy);
  if ("kind" in found) return { isNew: false, mended: [], lacking: [], outcome: found };
  const { namespace } = tenancy;
  let isBindingNew = false;
  const bound = await take(found, {
    name: pieceNames.binding,
    run: async () => {
      const { state, object } = await ensureRoleBinding(k, namespace, account);
      isBindingNew = state === "made" || isYoung(k, object);
      return state;
    },
  });
  if (bound === null) return lookOf(found);
  const steps = found.isOurs ? [...ownSteps(k, tenancy), ...sharedSteps(k, tenancy)] : sharedSteps(k, tenancy);
  await Promise.all(steps.map((step) => take(found, step, isBindingNew)));
  if (found.isOurs) await take(found, quotaStep(k, tenancy, found), isBindingNew);
  return lookOf(found);
}

function isYoung(k: KubernetesContext, { metadata }: V1RoleBinding): boolean {
  const madeAt = new Date(metadata?.creationTimestamp ?? 0).getTime();
  return Math.abs(k.clock.now().getTime() - madeAt) < knownAfterMs;
}

/** Where all share one namespace that an admin made: what the servers themselves need in it. */
export async function ensureShared(k: KubernetesContext, tenancy: Tenancy): Promise<TenancyLook> {
  const found: Found = { isNew: false, mended: [], lacking: [], outcomes: [] };
  const steps = [isolationStep(k, tenancy), ...volumeSteps(k, tenancy)];
  await Promise.all(steps.map((step) => take(found, step)));
  return lookOf(found);
}

function ownSteps(k: KubernetesContext, { namespace }: Tenancy): Step[] {
  return [
    { name: pieceNames.security, run: () => ensureSecurityLabels(k, namespace) },
    { name: pieceNames.account, run: async () => (await ensureAccount(k, namespace)).state },
    { name: pieceNames.limits, run: async () => (await ensureLimitRange(k, namespace)).state },
    { name: pieceNames.deny, run: async () => (await ensureDefaultDeny(k, namespace)).state },
  ];
}

/** What a namespace gets that other programs may live in too. */
function sharedSteps(k: KubernetesContext, tenancy: Tenancy): Step[] {
  const { namespace } = tenancy;
  return [
    isolationStep(k, tenancy),
    ...k.settings.pullSecrets.names.map((name) => ({
      name: `Secret/${name}`,
      run: () => ensurePullSecret(k, namespace, name),
    })),
    ...volumeSteps(k, tenancy),
  ];
}

function isolationStep(k: KubernetesContext, { namespace }: Tenancy): Step {
  const name = pieceNames.isolation(k.installationId);
  return { name, run: async () => (await ensureIsolation(k, namespace)).state };
}

function volumeSteps(k: KubernetesContext, { namespace, sharedVolume }: Tenancy): Step[] {
  if (sharedVolume === null) return [];
  const run = async (): Promise<PieceState> => {
    await ensureSharedClaim(k, namespace, sharedVolume);
    // A volume that isn't there yet was never missing: it is made when somebody wished for it.
    return "there";
  };
  return [{ name: `PersistentVolumeClaim/${sharedVolume.claimName}`, run }];
}

/** Last: the cluster counts what is there, and until it has, it admits nothing. */
function quotaStep(k: KubernetesContext, tenancy: Tenancy, found: Found): Step {
  return {
    name: pieceNames.quota,
    run: async () => {
      const { state, object } = await ensureQuota(k, tenancy);
      // What was written comes back without its count, however quick the cluster is with it.
      const now = state === "there" || isCounted(object) ? object : await writtenQuota(k, tenancy);
      if (now === undefined || !isCounted(now))
        found.outcomes.push({ kind: "retry", afterMs: soonMs, because: preparing });
      // Another amount is a manager's wish; only a quota that was gone is a piece that was missing.
      return state === "mended" ? "there" : state;
    },
  };
}

/** Does one step and keeps what came of it. Null: it didn't work. */
async function take(found: Found, { name, run }: Step, isBindingNew = false): Promise<PieceState | null> {
  try {
    const state = await run();
    if (state !== "there" && !found.isNew) found.mended.push(name);
    return state;
  } catch (error) {
    if (error instanceof PieceProblem) {
      found.lacking.push(`${name}: ${error.message}`);
      found.outcomes.push(incomplete(`${name}: ${error.message}`));
      return null;
    }
    if (!isKubeApiError(error)) throw error;
    const isSoonAllowed = isBindingNew && isForbidden(error) && !isQuotaExceeded(error);
    const outcome = isSoonAllowed ? { kind: "retry" as const, afterMs: soonMs, because: preparing } : outcomeOf(error);
    if (outcome.kind === "started") return null;
    if (outcome.kind === "refused") found.lacking.push(`${name}: ${error.status} ${error.detail}`);
    found.outcomes.push(outcome);
    return null;
  }
}

function lookOf({ isNew, mended, lacking, outcomes }: Found): TenancyLook {
  const outcome =
    outcomes.find(({ kind }) => kind === "refused") ?? outcomes.find(({ kind }) => kind === "retry") ?? whole;
  return { isNew, mended, lacking, outcome };
}

const whole: Outcome = { kind: "whole" };

/** The namespace itself: made, or found to be one that may be used. */
async function openNamespace(
  k: KubernetesContext,
  tenancy: Tenancy,
): Promise<(Found & { readonly isOurs: boolean }) | Outcome> {
  const at = { namespace: null, name: tenancy.namespace };
  const blank = { mended: [], lacking: [], outcomes: [] };
  try {
    const seen = await k.client.get(namespaces, at).catch((error: unknown) => {
      if (isNotFound(error)) return undefined;
      throw error;
    });
    if (seen !== undefined) return usable(k, tenancy, seen) ?? { ...blank, isNew: false, isOurs: ownsIt(k, seen) };
    await k.client.create(namespaces, null, namespaceFor(k, tenancy));
    return { ...blank, isNew: true, isOurs: true };
  } catch (error) {
    if (isAlreadyExists(error)) return { kind: "retry", afterMs: soonMs, because: preparing };
    if (!isKubeApiError(error)) throw error;
    const outcome = outcomeOf(error);
    return outcome.kind === "started" ? whole : outcome;
  }
}

const ownsIt = (k: KubernetesContext, seen: V1Namespace) => ownerOf(seen, k.installationId) === "ours";

/** S-74: a namespace that somebody else made is used only where the configuration says so, and one of another Berth never. */
function usable(k: KubernetesContext, { namespace }: Tenancy, seen: V1Namespace): Outcome | null {
  if (seen.metadata?.deletionTimestamp !== undefined) {
    const publicMessage = "The space this server belongs to is being removed.";
    const detail = `namespace ${namespace} is being deleted`;
    return { kind: "refused", failure: { reason: "rejected", publicMessage, detail } };
  }
  const owner = ownerOf(seen, k.installationId);
  if (owner === "ours" || (owner === "none" && k.settings.useExistingNamespaces)) return null;
  const whose = owner === "another" ? "belongs to another installation of Berth" : "wasn't made by Berth";
  const publicMessage =
    "The place where your server should run is somebody else's. An administrator has to give it another one.";
  const hint = owner === "none" ? "; spawner.kubernetes.useExistingNamespaces would allow it" : "";
  return {
    kind: "refused",
    failure: { reason: "conflict", publicMessage, detail: `namespace ${namespace} ${whose}${hint}` },
  };
}

function incomplete(detail: string): Outcome {
  const publicMessage = "The space for your server can't be completed. An administrator has to look at it.";
  return { kind: "refused", failure: { reason: "rejected", publicMessage, detail } };
}
