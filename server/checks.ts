import { backendStaleSince } from "#db/backend-view.ts";
import { databaseFacts } from "#db/facts.ts";
import { requireScope } from "./auth/require-scope.ts";
import { readingCheck } from "./config/reading-check.ts";
import type { Hub } from "./hub.ts";
import { callersChecks } from "./internal/callers-check.ts";
import { serversPlan } from "./servers/servers-plan.ts";
import type { HealthCheck, SpawnerHealth } from "./spawner/spawner.ts";
import { namespacesCheck } from "./tenancies/check.ts";
import type { VerbContext } from "./verb-context.ts";
import { version } from "./version.ts";

const clockToleranceMs = 2000;

/** What `doctor` and the health page show: every check with what to do when it fails. */
export async function checkHub(hub: Hub, ctx: VerbContext): Promise<HealthCheck[]> {
  await requireScope(ctx, "read:hub", "everything");
  const [backend, database, reconciler, namespaces] = await Promise.all([
    backendHealth(hub),
    databaseChecks(hub),
    reconcilerCheck(hub),
    // A database that doesn't answer is said above.
    namespacesCheck(ctx).catch(() => null),
  ]);
  const callers = callersChecks(hub.callers, version);
  const configuration = readingCheck(hub.liveConfig.reading);
  const some = [configuration, namespaces].filter((check) => check !== null);
  return [...database, reconciler, ...callers, ...backend.checks, ...some];
}

async function backendHealth({ spawner, db, config }: Hub): Promise<SpawnerHealth> {
  return await (spawner.kind === "kubernetes" ? spawner.health(await serversPlan(db, config)) : spawner.health());
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

/** The hub that leads knows itself; of another's view the database tells. */
async function reconcilerCheck(hub: Hub): Promise<HealthCheck> {
  const { leading } = hub.reconciler;
  const staleSince = hub.reconciler.staleSince ?? (await backendStaleSince(hub.db).catch(() => null));
  if (staleSince !== null) {
    const isCluster = hub.spawner.kind === "kubernetes";
    const who = isCluster ? "The cluster hasn't answered" : "The servers of this machine haven't been seen";
    return {
      name: "view of servers",
      ok: false,
      message: `${who} since ${staleSince.toISOString()}. Running servers go on; new starts wait.`,
      fix: isCluster ? "Check that the Kubernetes API server can be reached." : "Look into the hub's log.",
    };
  }
  return { name: "reconciler", ok: true, message: leading ? "This hub leads." : "Another hub leads.", fix: null };
}
