import type { Config } from "#server/config/schema.ts";
import { namespaceFor } from "./names.ts";

/** Where a user's servers live. On the local backend there is one place, called `local`. */
export function namespaceOf(config: Config, userName: string): string {
  if (config.spawner.type === "local") return "local";
  const { namespace, namespaceTemplate } = config.spawner.kubernetes;
  if (namespaceTemplate !== undefined) return namespaceFor(namespaceTemplate, { userName, groupName: null });
  return namespace ?? "default";
}
