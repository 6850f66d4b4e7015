import { findServer, type ServerRow } from "#db/servers.ts";
import { findUserByName } from "#db/users.ts";
import { requireScope } from "#server/auth/require-scope.ts";
import type { VerbContext } from "#server/verb-context.ts";
import { getServerRow, ServerInput } from "./stop.ts";

/** One server as it is stored, for whoever may read it. */
export async function readServerRow(ctx: VerbContext, rawInput: unknown): Promise<ServerRow> {
  const input = ServerInput.parse(rawInput);
  await requireScope(ctx, "read:servers", { user: input.user, server: input.name });
  return await getServerRow(ctx, input);
}

/** The same for whoever may start it, who hears with the start itself what it is doing; `undefined` when it was never started. */
export async function knownToStarter(ctx: VerbContext, rawInput: unknown): Promise<ServerRow | undefined> {
  const input = ServerInput.parse(rawInput);
  await requireScope(ctx, "start:servers", { user: input.user, server: input.name });
  const user = await findUserByName(ctx.db, input.user);
  return user === undefined ? undefined : await findServer(ctx.db, user.id, input.name);
}
