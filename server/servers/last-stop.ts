import type { LastStop, StopReason } from "#db/schema/settings.ts";
import type { Actor } from "#server/auth/actor.ts";

/** Who asked for a stop, as seen by the server's owner. */
export function whoAsked(actor: Actor, ownerName: string): "user" | "manager" | "admin" | "hub" {
  if (actor.kind === "system" || actor.kind === "anonymous") return "hub";
  if (actor.name === ownerName) return "user";
  return actor.scopes.has("delete:servers") ? "admin" : "manager";
}

/** What the home page says of a server that no longer runs. */
export function lastStopFor(reason: StopReason, by: string, at: Date, message = sentences[reason](by)): LastStop {
  return { at: at.toISOString(), reason, message, by };
}

const sentences: Record<StopReason, (by: string) => string> = {
  user: () => "You stopped this server.",
  manager: (by) => `${by}, who manages your group, stopped this server.`,
  admin: (by) => `${by}, an admin, stopped this server.`,
  idle: () => "This server was stopped because nobody used it. Your files are in your home.",
  "max-age": () => "This server was stopped because it had run for as long as one may. Your files are in your home.",
  "quiet-hours": () => "This server was stopped because quiet hours began. Your files are in your home.",
  budget: () => "This server was stopped because its compute hours are spent. Your files are in your home.",
  disabled: () => "This server was stopped because your account was disabled.",
  logout: () => "This server was stopped because you logged out.",
  "group-deleted": () => "This server was stopped because its group was deleted. Your files are kept for now.",
  hub: () => "This server was stopped by the portal itself.",
};
