import { z } from "zod";
import { inTransaction } from "#db/client.ts";
import { type Group, updateGroup } from "#db/groups.ts";
import type { SharedVolume } from "#db/schema/settings.ts";
import { recordAudit } from "#server/audit/record.ts";
import { requireScope } from "#server/auth/require-scope.ts";
import { hasScope } from "#server/auth/scopes.ts";
import { HubError } from "#server/errors.ts";
import { parseStorageBytes } from "#server/profiles/quantity.ts";
import { amountText } from "#server/quotas/amount-text.ts";
import { hasSharedVolumes } from "#server/tenancies/shared-volume.ts";
import type { VerbContext } from "#server/verb-context.ts";
import { requireLockedGroup } from "./find.ts";
import { GroupName } from "./name.ts";

const Volume = z.strictObject({
  name: z
    .string()
    .regex(/^[a-z0-9](?:[a-z0-9-]{0,28}[a-z0-9])?$/, { error: "Use up to 30 lower-case letters, digits and dashes." }),
  capacity: z.union([z.string().max(40), z.number()]),
  storageClass: z.string().min(1).max(253).nullable().default(null),
  writers: z.enum(["managers", "members"]).default("managers"),
});
/** `volume: null` takes it away from the next start on; the files stay. */
export const SetSharedVolumeInput = z.strictObject({ group: GroupName, volume: Volume.nullable() });

/** The volume all servers of a group share, from each one's next start on. Errors: invalid (the field), conflict, forbidden, not-found. */
export async function setSharedVolume(ctx: VerbContext, rawInput: unknown): Promise<SharedVolume | null> {
  const input = SetSharedVolumeInput.parse(rawInput);
  await requireScope(ctx, "groups", { group: input.group });
  const wanted = input.volume === null ? null : volumeOf(input.volume);
  if (wanted !== null && !hasSharedVolumes(ctx.config)) throw notHere(ctx);
  return await inTransaction(ctx.db, async (tx) => {
    const group = await requireLockedGroup(tx, input.group);
    const before = group.sharedVolume;
    if (JSON.stringify(before) === JSON.stringify(wanted)) return wanted;
    if (wanted !== null) refuseBeyond(ctx, group, wanted);
    await updateGroup(tx, group.id, { sharedVolume: wanted });
    await recordAudit(tx, ctx, {
      action: "group.set-shared-volume",
      target: `group:${group.id}`,
      detail: { group: group.name, before: JSON.stringify(before), after: JSON.stringify(wanted) },
    });
    return wanted;
  });
}

function volumeOf({ name, capacity, storageClass, writers }: z.infer<typeof Volume>): SharedVolume {
  const capacityBytes = parseStorageBytes(capacity);
  if (capacityBytes === null || capacityBytes <= 0)
    throw new HubError("invalid", "Write an amount of storage, such as 100Gi.", {
      detail: { field: "volume.capacity" },
    });
  return { name, capacityBytes, storageClass, writers };
}

/** A claim's size and class are what it was made with. What a manager may make, the admin's ceiling says; without one an admin makes it. */
function refuseBeyond(ctx: VerbContext, group: Group, wanted: SharedVolume): void {
  const before = group.sharedVolume;
  const isSame = before?.name === wanted.name;
  if (isSame && before.capacityBytes === wanted.capacityBytes && before.storageClass === wanted.storageClass) return;
  if (isSame)
    throw new HubError(
      "conflict",
      "A volume keeps the size and the storage class it was made with. Give the new one another name.",
      { detail: { field: "volume.name" } },
    );
  if (hasScope(ctx.actor.scopes, "admin:groups", "everything")) return;
  const most = group.ceiling.storageBytes;
  if (most !== undefined && wanted.capacityBytes <= most) return;
  const message =
    most === undefined
      ? `No admin has set how much storage group ${group.name} may have, so only an admin can make its shared volume.`
      : `The ceiling of group ${group.name} is ${amountText("storageBytes", most)}. Stay within it, or ask an admin.`;
  throw new HubError("invalid", message, { detail: { field: "volume.capacity" } });
}

function notHere({ config }: VerbContext): HubError {
  const message =
    config.spawner.type === "local"
      ? "Servers on one machine have no shared volumes. Use a folder that the members' accounts can read."
      : "A group's members have namespaces of their own here, and a volume can't be shared between namespaces. It takes one namespace for all or one per group.";
  return new HubError("conflict", message, { detail: { field: "volume" } });
}
