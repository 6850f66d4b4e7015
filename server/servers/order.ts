import type { Db } from "#db/client.ts";
import { findHome, type ServerWithOwner } from "#db/servers.ts";
import { groupOfServer } from "#db/tenancies.ts";
import { filesOf } from "#server/config/extra-files.ts";
import type { Config } from "#server/config/schema.ts";
import { refOf, specOf } from "#server/spawner/record.ts";
import type { SpawnOrder } from "#server/spawner/spawner.ts";
import { withSharedVolume } from "#server/tenancies/shared-volume.ts";
import { tenancyOf } from "#server/tenancies/tenancy-of.ts";
import { hubEnvironment } from "./hub-environment.ts";
import { prefixFor } from "./names.ts";

/** Everything a spawner needs for the generation that is wished now, from the record alone. */
export async function spawnOrderFor(db: Db, config: Config, wanted: ServerWithOwner): Promise<SpawnOrder> {
  const { server, ownerName, ownerUid } = wanted;
  const wished = specOf(server);
  if (wished === null || server.secret === null) throw new Error(`server ${server.id} was wished without a spec`);
  const found = await groupOfServer(db, server);
  const spec = withSharedVolume(config, wished, found);
  const place = { namespace: server.namespace, group: found?.group ?? null, userId: server.userId };
  const home = server.homeId === null ? undefined : await findHome(db, server.homeId);
  return {
    ref: { ...refOf(server, server.generation), runId: null },
    owner: { userId: server.userId, name: ownerName, uid: ownerUid },
    serverName: server.name,
    prefix: prefixFor(ownerName, server.name),
    ...(config.spawner.type === "local" ? {} : { tenancy: tenancyOf(config, place) }),
    spec,
    home:
      home === undefined
        ? null
        : { homeId: home.id, name: home.name, claimUid: home.claimUid, usedBefore: home.lastUsedAt !== null },
    secret: server.secret,
    environment: { ...spec.environment, ...hubEnvironment(config, spec, wanted) },
    files: filesOf(config.singleuser.extraFiles),
  };
}
