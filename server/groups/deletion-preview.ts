import { homesOfGroup, runningServersOfGroup } from "#db/group-deletion.ts";
import { countsOfGroups } from "#db/groups.ts";
import type { DeletionPreview } from "../api/group-views.ts";
import { requireScope } from "../auth/require-scope.ts";
import { phaseNow } from "../servers/view.ts";
import type { VerbContext } from "../verb-context.ts";
import { requireGroup } from "./find.ts";
import { GroupInput } from "./name.ts";

const named = 100;

/** What deleting this group would do to its servers, homes and members. */
export async function previewDeletion(ctx: VerbContext, rawInput: unknown): Promise<DeletionPreview> {
  const input = GroupInput.parse(rawInput);
  await requireScope(ctx, "admin:groups", input);
  const group = await requireGroup(ctx.db, input.group);
  const [counts, running, homes] = await Promise.all([
    countsOfGroups(ctx.db, [group.id]),
    runningServersOfGroup(ctx.db, group.id),
    homesOfGroup(ctx.db, group.id, named),
  ]);
  const { total, capacityBytes, usedBytes, largest } = homes;
  return {
    group: group.name,
    managed: group.managed,
    members: counts.get(group.id)?.members ?? 0,
    runningServers: {
      total: running.length,
      named: running
        .slice(0, named)
        .map(({ server, ownerName }) => ({ ownerName, name: server.name, phase: phaseNow(server) })),
    },
    homes: { total, capacityBytes, usedBytes, named: largest.map(({ id: _, ...home }) => home) },
    undoUntil: undoUntilOf(ctx),
  };
}

export function undoUntilOf({ clock, config }: Pick<VerbContext, "clock" | "config">): Date {
  return new Date(clock.now().getTime() + config.groups.undoDays * 86_400_000);
}
