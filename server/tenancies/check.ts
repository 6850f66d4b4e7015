import { type NamespaceFacts, namespaceFacts } from "#db/tenancies.ts";
import type { HealthCheck } from "#server/spawner/spawner.ts";
import type { VerbContext } from "#server/verb-context.ts";

const name = "namespaces";
const namedAtMost = 10;
const staleMs = 30 * 60_000;

/** Whether every namespace of servers is whole, by the last look at each. Null where a backend has none. */
export async function namespacesCheck({ db, clock, config }: VerbContext): Promise<HealthCheck | null> {
  if (config.spawner.type === "local") return null;
  const staleBefore = new Date(clock.now().getTime() - staleMs);
  return checkOf(await namespaceFacts(db, staleBefore, namedAtMost + 1), staleBefore);
}

export function checkOf({ known, unseen, incomplete }: NamespaceFacts, staleBefore: Date): HealthCheck {
  if (incomplete.length > 0) {
    const named = incomplete.slice(0, namedAtMost).map((one) => {
      const at = one.checkedAt === null ? "" : ` (${one.checkedAt.toISOString()})`;
      return `${one.name}${at}: ${one.missing.join(", ")}`;
    });
    const more = incomplete.length > namedAtMost ? " And more." : "";
    const fix =
      "What was put back needs nothing now, but find out who takes it away. For the rest, the reason stands beside it: often rights (k8s/rbac).";
    return { name, ok: false, message: `Pieces were missing. ${named.join("; ")}.${more}`, fix };
  }
  if (unseen > 0) {
    const message = `${unseen} of ${known} in use have not been looked at since ${staleBefore.toISOString()}.`;
    return { name, ok: false, message, fix: "Check that a hub leads, and that the Kubernetes API answers it." };
  }
  const message = known === 0 ? "None is in use yet." : `${known} known, none with a piece missing.`;
  return { name, ok: true, message, fix: null };
}
