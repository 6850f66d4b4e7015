import { findHome, findHomeByName, findHomeOf, type HomeRow, type ServerRow } from "#db/servers.ts";
import type { StartOptionsView } from "#server/api/views.ts";
import type { ServerSpec } from "#server/profiles/spec.ts";
import type { VerbContext } from "#server/verb-context.ts";
import { isThere } from "./home.ts";

export type HomeAhead = NonNullable<StartOptionsView["home"]> & {
  /** It would be made: it counts against the group's quota of homes and storage. */
  readonly isMade: boolean;
};

/** Which home a start would use: told before the start, so that nobody is surprised by an empty one. The same rules as `planHome`. */
export async function homeAhead(
  ctx: VerbContext,
  {
    user,
    server,
    namespace,
    spec,
  }: {
    readonly user: { readonly id: string };
    readonly server: Pick<ServerRow, "id" | "homeId"> | undefined;
    readonly namespace: string;
    readonly spec: ServerSpec;
  },
): Promise<HomeAhead | null> {
  if (spec.home.kind !== "claim") return null;
  const home = await homeThere(ctx, user.id, server, namespace, spec.home.claimName);
  return {
    name: home?.name ?? spec.home.claimName,
    isNew: home === undefined || home.lastUsedAt === null,
    isMade: home === undefined,
    capacityBytes: home?.capacityBytes ?? spec.home.capacityBytes,
  };
}

async function homeThere(
  ctx: VerbContext,
  userId: string,
  server: Pick<ServerRow, "id" | "homeId"> | undefined,
  namespace: string,
  name: string,
): Promise<HomeRow | undefined> {
  const known = server?.homeId == null ? undefined : await findHome(ctx.db, server.homeId);
  if (known !== undefined && known.namespace === namespace && isThere(known)) return known;
  const own = server === undefined ? undefined : await findHomeOf(ctx.db, { userId, serverId: server.id, namespace });
  if (own !== undefined && isThere(own)) return own;
  const left = await findHomeByName(ctx.db, namespace, name);
  return left !== undefined && left.userId === userId && isThere(left) ? left : undefined;
}
