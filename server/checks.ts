import { databaseFacts } from "#db/facts.ts";
import { requireScope } from "./auth/require-scope.ts";
import type { Hub } from "./hub.ts";
import type { HealthCheck } from "./spawner/spawner.ts";
import { namespacesCheck } from "./tenancies/check.ts";
import type { VerbContext } from "./verb-context.ts";

const clockToleranceMs = 2000;

/** What `doctor` and the health page show: every check with what to do when it fails. */
export async function checkHub(hub: Hub, ctx: VerbContext): Promise<HealthCheck[]> {
  await requireScope(ctx, "read:hub", "everything");
  const [backend, database, namespaces] = await Promise.all([
    hub.spawner.health(),
    databaseChecks(hub),
    // A database that doesn't answer is said above.
    namespacesCheck(ctx).catch(() => null),
  ]);
  return [...database, reconcilerCheck(hub), ...backend.checks, ...(namespaces === null ? [] : [namespaces])];
}

async function databaseChecks(hub: Hub): Promise<HealthCheck[]> {
  const before = hub.clock.now().getTime();
  const facts = await databaseFacts(hub.db).catch(() => null);
  if (facts === null) {
    return [
      {
        name: "database",
        ok: false,
        message: "PostgreSQL doesn't answer.",
        fix: "Check that it runs and that hub.db.url is right.",
      },
    ];
  }
  const skewMs = Math.abs(facts.now.getTime() - (before + hub.clock.now().getTime()) / 2);
  return [
    { name: "database", ok: true, message: `PostgreSQL ${facts.version} answers.`, fix: null },
    {
      name: "notifications",
      ok: hub.notifications.connected,
      message: hub.notifications.connected
        ? "Changes are heard at once."
        : "The connection that hears of changes is down.",
      fix: "Connect to PostgreSQL itself, not through a transaction pooler.",
    },
    {
      name: "clock",
      ok: skewMs <= clockToleranceMs,
      message: `This machine's clock and the database's differ by ${(skewMs / 1000).toFixed(1)} s.`,
      fix: "Let NTP set the clocks of both machines.",
    },
  ];
}

function reconcilerCheck(hub: Hub): HealthCheck {
  const { leading, staleSince } = hub.reconciler;
  if (staleSince !== null) {
    return {
      name: "view of servers",
      ok: false,
      message: `The backend has not answered since ${staleSince.toISOString()}. Running servers go on.`,
      fix: "Check that the Kubernetes API server can be reached.",
    };
  }
  return { name: "reconciler", ok: true, message: leading ? "This hub leads." : "Another hub leads.", fix: null };
}
