import { accountCheck } from "./kubernetes-checks/account.ts";
import { apiChecks } from "./kubernetes-checks/api.ts";
import { hubAddressCheck } from "./kubernetes-checks/hub-address.ts";
import { imageChecks } from "./kubernetes-checks/images.ts";
import { namesCheck } from "./kubernetes-checks/names.ts";
import { pendingPods } from "./kubernetes-checks/pending.ts";
import { policyChecks } from "./kubernetes-checks/policy.ts";
import { rightsCheck } from "./kubernetes-checks/rights.ts";
import { roomCheck } from "./kubernetes-checks/room.ts";
import { storageChecks } from "./kubernetes-checks/storage.ts";
import type { KubernetesContext } from "./kubernetes-context.ts";
import type { HealthCheck, ServersPlan, SpawnerHealth } from "./spawner.ts";

const noPlan: ServersPlan = { example: null, specs: [], namespaces: [], hubApiUrl: null };

/** That the view is old is for the hub to say, which knows it of every leader (`checks.ts`). */
export async function kubernetesHealth(
  k: KubernetesContext,
  staleSince: Date | null,
  plan: ServersPlan = noPlan,
): Promise<SpawnerHealth> {
  const api = await apiChecks(k);
  const checks = api.answers ? [...api.checks, ...(await checksOf(k, plan))] : api.checks;
  return { ok: staleSince === null && checks.every(({ ok }) => ok), since: staleSince, checks };
}

async function checksOf(k: KubernetesContext, plan: ServersPlan): Promise<HealthCheck[]> {
  const namespaces = namespacesOf(k, plan);
  const pending = await pendingPods(k);
  const all = await Promise.all([
    rightsCheck(k, plan.namespaces),
    accountCheck(k),
    storageChecks(k, plan, pending),
    policyChecks(k),
    roomCheck(k, plan, namespaces),
    imageChecks(k, plan, pending),
    hubAddressCheck(k, plan),
    namesCheck(k, plan),
  ]);
  return all.flat().filter((check) => check !== null);
}

function namespacesOf({ settings: { scope } }: KubernetesContext, plan: ServersPlan): readonly string[] {
  return scope.kind === "namespace" ? [scope.namespace] : plan.namespaces;
}
