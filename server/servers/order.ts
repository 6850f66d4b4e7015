import type { Db } from "#db/client.ts";
import { findHome, type ServerWithOwner } from "#db/servers.ts";
import { groupOfServer } from "#db/tenancies.ts";
import type { Config } from "#server/config/schema.ts";
import type { ServerSpec } from "#server/profiles/spec.ts";
import { refOf, specOf } from "#server/spawner/record.ts";
import type { SpawnOrder } from "#server/spawner/spawner.ts";
import { withSharedVolume } from "#server/tenancies/shared-volume.ts";
import { tenancyOf } from "#server/tenancies/tenancy-of.ts";
import { prefixFor } from "./names.ts";
import { publicUrlOf } from "./public-url.ts";

/** Everything a spawner needs for the generation that is wished now, from the record alone. */
export async function spawnOrderFor(
  db: Db,
  config: Config,
  { server, ownerName, ownerUid }: ServerWithOwner,
): Promise<SpawnOrder> {
  const wished = specOf(server);
  if (wished === null || server.secret === null) throw new Error(`server ${server.id} was wished without a spec`);
  const found = await groupOfServer(db, server);
  const spec = withSharedVolume(config, wished, found);
  const place = { namespace: server.namespace, group: found?.group ?? null, userId: server.userId };
  const home = server.homeId === null ? undefined : await findHome(db, server.homeId);
  const prefix = prefixFor(ownerName, server.name);
  return {
    ref: { ...refOf(server, server.generation), runId: null },
    owner: { userId: server.userId, name: ownerName, uid: ownerUid },
    serverName: server.name,
    prefix,
    ...(config.spawner.type === "local" ? {} : { tenancy: tenancyOf(config, place) }),
    spec,
    home:
      home === undefined
        ? null
        : { homeId: home.id, name: home.name, claimUid: home.claimUid, usedBefore: home.lastUsedAt !== null },
    secret: server.secret,
    environment: {
      ...spec.environment,
      ...hubEnvironment(config, spec, { ownerName, serverName: server.name, prefix }),
    },
  };
}

/** The variables programs written for JupyterHub look for (jupyterhub/spawner.py `get_env`), as far as they concern an `auth: edge` server. */
function hubEnvironment(
  config: Config,
  spec: ServerSpec,
  names: { ownerName: string; serverName: string; prefix: string },
): Record<string, string> {
  const publicUrl = publicUrlOf(config);
  return {
    JUPYTERHUB_USER: names.ownerName,
    JUPYTERHUB_SERVER_NAME: names.serverName,
    JUPYTERHUB_SERVICE_PREFIX: names.prefix,
    JUPYTERHUB_BASE_URL: "/",
    JUPYTERHUB_PUBLIC_HUB_URL: `${publicUrl.replace(/\/$/, "")}/hub/`,
    MEM_LIMIT: String(spec.memory.limitBytes),
    MEM_GUARANTEE: String(spec.memory.guaranteeBytes),
    CPU_LIMIT: String(spec.cpu.limitMillicores / 1000),
    CPU_GUARANTEE: String(spec.cpu.guaranteeMillicores / 1000),
  };
}
