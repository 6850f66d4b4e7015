import type { Db } from "#db/client.ts";
import { namespacesInUse } from "#db/tenancies.ts";
import { filesOf } from "#server/config/extra-files.ts";
import type { Config } from "#server/config/schema.ts";
import { defaultSpec, everySpec } from "#server/profiles/every-spec.ts";
import type { ServerSpec } from "#server/profiles/spec.ts";
import type { ServersPlan, SpawnOrder } from "#server/spawner/spawner.ts";
import { prefixFor } from "./names.ts";

const namespacesAtMost = 5;
/** Nobody's: what is tried for it is never kept. */
const nobody = "berth-doctor";

/** What the configuration lets people start, for a backend that is asked whether it could. */
export async function serversPlan(db: Db, config: Config): Promise<ServersPlan> {
  const usual = defaultSpec(config);
  const specs = everySpec(config);
  return {
    example: usual === undefined ? null : exampleOf(config, usual),
    specs,
    // A database that doesn't answer is said elsewhere.
    namespaces: await namespacesInUse(db, namespacesAtMost).catch(() => []),
    hubApiUrl: specs.some(({ app }) => app.auth === "hub") ? (config.hub.apiUrl ?? null) : null,
  };
}

function exampleOf(config: Config, spec: ServerSpec): SpawnOrder {
  return {
    ref: { serverId: nobody, generation: 1, namespace: "", objectName: nobody, runId: null },
    owner: { userId: nobody, name: nobody, uid: null },
    serverName: "",
    prefix: prefixFor(nobody, ""),
    spec,
    home: spec.home.kind === "none" ? null : { homeId: nobody, name: nobody, claimUid: null, usedBefore: false },
    secret: "",
    environment: spec.environment,
    files: filesOf(config.singleuser.extraFiles),
  };
}
