import type { Tx } from "#db/client.ts";
import { countActive, findServer, listServersOf } from "#db/servers.ts";
import { holdActiveUser, type User } from "#db/users.ts";
import { HubError } from "#server/errors.ts";
import type { ServerSpec } from "#server/profiles/spec.ts";
import type { VerbContext } from "#server/verb-context.ts";
import { serverNameProblem } from "./names.ts";

/** An account that was disabled since it was looked at; who disables it stops what this start records before. */
export async function refuseDisabled(tx: Tx, user: Pick<User, "id" | "name">): Promise<void> {
  if (!(await holdActiveUser(tx, user.id))) throw accountDisabled(user.name);
}

export function accountDisabled(name: string): HubError {
  return new HubError("forbidden", `The account of “${name}” is disabled. An admin can enable it again.`);
}

export async function refuseBadName(ctx: VerbContext, tx: Tx, user: User, name: string): Promise<void> {
  if (name === "" || (await findServer(tx, user.id, name)) !== undefined) return;
  const { allowNamedServers, namedServerLimitPerUser } = ctx.config.hub;
  if (!allowNamedServers)
    throw new HubError("invalid", "This hub allows one server a user.", { detail: { field: "name" } });
  const problem = serverNameProblem(name);
  if (problem !== null) throw new HubError("invalid", problem, { detail: { field: "name" } });
  const named = (await listServersOf(tx, user.id)).filter((server) => server.name !== "").length;
  if (namedServerLimitPerUser > 0 && named >= namedServerLimitPerUser) {
    throw new HubError(
      "limit-reached",
      `You have ${named} named servers, and ${namedServerLimitPerUser} is the most. Delete one you no longer need.`,
    );
  }
}

export async function refuseBeyondLimit(ctx: VerbContext, tx: Tx): Promise<void> {
  const limit = ctx.config.hub.activeServerLimit;
  if (limit === 0) return;
  // Two starts at once must not both take the last place.
  await tx.execute("select pg_advisory_xact_lock(7264001)");
  if ((await countActive(tx)) >= limit) {
    throw new HubError(
      "limit-reached",
      `All ${limit} places for servers are taken. Try again when somebody has stopped theirs.`,
    );
  }
}

/** Before anything is recorded: such a server would start and end at once. */
export function refuseHubOutOfReach({ config }: VerbContext, spec: Pick<ServerSpec, "app">): void {
  if (spec.app.auth !== "hub" || config.hub.apiUrl !== undefined) return;
  throw new HubError(
    "invalid",
    "Servers of this profile make their own login, and nobody has said where they reach the hub. Ask an admin to set hub.apiUrl.",
    { detail: { field: "profile" } },
  );
}
