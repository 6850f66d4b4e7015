import type { Db } from "#db/client.ts";
import { systemClock } from "#server/clock.ts";
import type { LiveConfig } from "#server/config/live-config.ts";
import type { Config } from "#server/config/schema.ts";
import type { Log } from "#server/log.ts";
import { createLocalSpawner } from "#server/spawner/local.ts";
import type { Spawner } from "#server/spawner/spawner.ts";
import type { Tenancy, TenancyLook } from "#server/spawner/tenancy.ts";
import { recordLook } from "#server/tenancies/record-look.ts";

export type MadeSpawner = {
  readonly spawner: Spawner;
  readonly limitsNote: string | null;
  readonly trustNotes: readonly string[];
};

type Making = {
  readonly config: LiveConfig;
  readonly home: string;
  readonly jupyter: string | null;
  readonly db: Db;
  readonly installationId: string;
  readonly log: Log;
};

/** The backend the configuration asks for, and what its users must be told about it. */
export async function makeSpawner(making: Making): Promise<MadeSpawner> {
  const { home, jupyter, db, installationId, log } = making;
  const config = making.config.now;
  const clock = systemClock;
  if (config.spawner.type === "kubernetes") {
    // Here, not above: the Kubernetes client costs a second and 150 MB to load, and one machine needs none of it.
    const { createKubernetesSpawnerFrom } = await import("#server/spawner/kubernetes-setup.ts");
    const onLook = (tenancy: Tenancy, look: TenancyLook) =>
      recordLook({ db, clock }, tenancy, look).catch((error: unknown) =>
        log.warn({ err: error }, "what was missing from a namespace is not recorded"),
      );
    const spawner = await createKubernetesSpawnerFrom({ config: making.config, installationId, clock, log, onLook });
    return { spawner, limitsNote: null, trustNotes: trustNotesFor(config) };
  }
  const spawner = createLocalSpawner({
    home,
    jupyterCommand: jupyter ?? "jupyter",
    installationId,
    trustedUsers: config.hub.trustedUsers,
    clock,
    log,
  });
  return { spawner, limitsNote: spawner.limitsNote(), trustNotes: trustNotesFor(config) };
}

function trustNotesFor(config: Config): string[] {
  const notes: string[] = [];
  if (config.hub.trustedUsers)
    notes.push(
      "This portal is set up for users who trust each other: pages in one person's server can act for another who opens them.",
    );
  if (config.auth.dummy !== undefined)
    notes.push("Anybody can log in under any name here. This is for trying out only.");
  return notes;
}
