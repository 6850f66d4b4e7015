import { z } from "zod";
import { inTransaction } from "#db/client.ts";
import { isHomeInUse, lockHomeWithOwner, setHomeDeleted } from "#db/home-list.ts";
import { recordAudit } from "#server/audit/record.ts";
import { requireScope } from "#server/auth/require-scope.ts";
import { HubError } from "#server/errors.ts";
import type { VerbContext } from "#server/verb-context.ts";

const dayMs = 86_400_000;

export const DeleteHomeInput = z.strictObject({
  id: z.uuid(),
  /** The home's name, typed by whoever deletes it. */
  confirm: z.string().max(256),
});

/**
 * Takes a home away from its server. Its files stay until the returned time and can be brought back till then; the server's next start
 * makes a new, empty home. Errors: conflict while a server uses it.
 */
export async function deleteHome(ctx: VerbContext, rawInput: unknown): Promise<{ removeAfter: Date }> {
  const input = DeleteHomeInput.parse(rawInput);
  await requireScope(ctx, "admin:homes", "everything");
  return await inTransaction(ctx.db, async (tx) => {
    const found = await lockHomeWithOwner(tx, input.id);
    if (found === undefined || found.home.removedAt !== null)
      throw new HubError("not-found", "There is no such home any more.");
    const { home, owner } = found;
    if (input.confirm !== home.name)
      throw new HubError("invalid", `Type the home's name, “${home.name}”, to delete it.`, {
        detail: { field: "confirm" },
      });
    if (home.deletedAt !== null && home.removeAfter !== null) return { removeAfter: home.removeAfter };
    if (await isHomeInUse(tx, home.id))
      throw new HubError("conflict", `A server of “${owner}” uses the home “${home.name}”. Stop it first.`);
    const now = ctx.clock.now();
    const removeAfter = new Date(now.getTime() + ctx.config.groups.undoDays * dayMs);
    await setHomeDeleted(tx, home.id, { deletedAt: now, removeAfter });
    await recordAudit(tx, ctx, {
      action: "home.delete",
      target: `home:${home.id}`,
      detail: { user: owner, home: home.name, removeAfter: removeAfter.toISOString() },
    });
    return { removeAfter };
  });
}
