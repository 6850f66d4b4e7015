import type { Tx } from "#db/client.ts";
import {
  addHome,
  attachHome,
  findHome,
  findHomeByName,
  findHomeOf,
  type HomeRow,
  type ServerRow,
} from "#db/servers.ts";
import type { User } from "#db/users.ts";
import type { ServerSpec } from "#server/profiles/spec.ts";

type HomeQuestion = {
  readonly server: ServerRow;
  readonly user: User;
  readonly spec: ServerSpec;
  readonly now: Date;
};

/**
 * The home a server starts with: the one it had, else the one of that name the same user left behind, else a new row. A name
 * once stored is never recomputed, so a change of the naming rules never leads to an empty home (kubespawner#937).
 */
export async function ensureHome(tx: Tx, { server, user, spec }: HomeQuestion): Promise<HomeRow | null> {
  if (spec.home.kind !== "claim") return null;
  const known = server.homeId === null ? undefined : await findHome(tx, server.homeId);
  if (known !== undefined && known.namespace === server.namespace) return known;
  const own = await findHomeOf(tx, { userId: user.id, serverId: server.id, namespace: server.namespace });
  if (own !== undefined) return own;
  const name = spec.home.claimName;
  const left = await findHomeByName(tx, server.namespace, name);
  if (left !== undefined && left.userId === user.id) {
    await attachHome(tx, left.id, server.id);
    return left;
  }
  // Somebody else's home bears the name (a user deleted and made anew): never theirs.
  const freeName = left === undefined ? name : `${name.slice(0, 40)}-${server.id.slice(0, 8)}`;
  return await addHome(tx, {
    userId: user.id,
    serverId: server.id,
    namespace: server.namespace,
    name: freeName,
    capacityBytes: spec.home.capacityBytes,
  });
}
