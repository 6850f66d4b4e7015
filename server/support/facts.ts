import { databaseFacts } from "#db/facts.ts";
import { migrationCount, serverGauges, type TableSize, tableSizes } from "#db/gauges.ts";
import { countUsers } from "#db/user-counts.ts";
import { requireScope } from "#server/auth/require-scope.ts";
import type { Hub } from "#server/hub.ts";
import type { VerbContext } from "#server/verb-context.ts";
import { version } from "#server/version.ts";

export type SupportFacts = {
  readonly version: string;
  readonly node: string;
  readonly platform: string;
  readonly spawner: string;
  readonly upSeconds: number;
  readonly memoryBytes: number;
  readonly leads: boolean;
  readonly users: number;
  readonly serversByPhase: Readonly<Record<string, number>>;
  readonly failedByReason: Readonly<Record<string, number>>;
  readonly oldestStartSeconds: number;
  readonly database: { readonly version: string; readonly migrations: number; readonly tables: readonly TableSize[] };
};

/** How this installation stands, in numbers: no name of a person, a server or a group is in it. */
export async function supportFacts(hub: Hub, ctx: VerbContext): Promise<SupportFacts> {
  await requireScope(ctx, "read:hub", "everything");
  const [servers, users, database, migrations, tables] = await Promise.all([
    serverGauges(ctx.db),
    countUsers(ctx.db, ctx.clock.now()),
    databaseFacts(ctx.db),
    migrationCount(ctx.db),
    tableSizes(ctx.db),
  ]);
  return {
    version,
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
    spawner: hub.spawner.kind,
    upSeconds: Math.round(process.uptime()),
    memoryBytes: process.memoryUsage.rss(),
    leads: hub.reconciler.leading,
    users: users.total,
    serversByPhase: Object.fromEntries(servers.byPhase),
    failedByReason: Object.fromEntries(servers.failedByReason),
    oldestStartSeconds: servers.oldestStartSeconds,
    database: { version: database.version, migrations, tables },
  };
}
