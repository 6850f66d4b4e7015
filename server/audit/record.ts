import { insertAudit } from "#db/audit.ts";
import type { Tx } from "#db/client.ts";
import type { Actor } from "#server/auth/actor.ts";
import type { VerbContext } from "#server/verb-context.ts";

export type AuditEntry = {
  /** `user.disable`, `server.start`: what was done, noun first. */
  readonly action: string;
  /** `user:<id>`, `server:<id>`: what it was done to. */
  readonly target: string;
  readonly detail?: Readonly<Record<string, string | number | boolean | null | readonly string[]>>;
};

type AuditContext = Pick<VerbContext, "actor" | "origin" | "clock">;

/**
 * Writes the audit row in the caller's transaction: an action that can't be put on record doesn't happen, and a record
 * never tells of what was rolled back.
 */
export async function recordAudit(tx: Tx, ctx: AuditContext, entry: AuditEntry): Promise<void> {
  await insertAudit(tx, {
    ...whoIs(ctx.actor),
    at: ctx.clock.now(),
    action: entry.action,
    target: entry.target,
    detail: { ...entry.detail },
    requestId: ctx.origin.requestId,
    clientAddress: ctx.origin.clientAddress,
  });
}

function whoIs(actor: Actor) {
  switch (actor.kind) {
    case "user":
      return { actorKind: "user", actorId: actor.userId, actorName: actor.name } as const;
    case "token":
      return actor.serverId === null
        ? ({ actorKind: "token", actorId: actor.userId, actorName: actor.name } as const)
        : ({ actorKind: "server", actorId: actor.serverId, actorName: actor.name } as const);
    case "system":
      return { actorKind: "system", actorId: null, actorName: actor.name } as const;
    case "anonymous":
      return { actorKind: "anonymous", actorId: null, actorName: "anonymous" } as const;
  }
}
