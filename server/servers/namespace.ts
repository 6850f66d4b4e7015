import type { Config } from "#server/config/schema.ts";
import { namespaceFor } from "./names.ts";

/** The group a server counts against, as far as where it lives goes. */
export type GroupPlace = { readonly id: string; readonly name: string; readonly namespace: string | null };

/** Where a user's servers live. On the local backend there is one place, called `local`. */
export function namespaceOf(config: Config, userName: string, group: GroupPlace | null = null): string {
  if (config.spawner.type === "local") return "local";
  const { namespace, namespaceTemplate } = config.spawner.kubernetes;
  if (namespaceTemplate === undefined) return namespace ?? "default";
  if (isGroupsOwn(config) && group?.namespace != null) return group.namespace;
  const hub = namespace === undefined ? {} : { hubNamespace: namespace };
  return namespaceFor(namespaceTemplate, { userName, groupName: group?.name ?? null, ...hub });
}

/** Whether where a server lives depends on its group. */
export function needsGroup(config: Config): boolean {
  return templateOf(config)?.includes("{group}") === true;
}

/** Whether each group has a namespace of its own, for all its members: made once and stored, so that a renamed group keeps its homes. */
export function isGroupsOwn(config: Config): boolean {
  return needsGroup(config) && templateOf(config)?.includes("{username}") === false;
}

function templateOf(config: Config): string | undefined {
  return config.spawner.type === "local" ? undefined : config.spawner.kubernetes.namespaceTemplate;
}

/** Another one where the name is taken: by a group that was deleted, whose homes are not for the new one (S-32). */
export function otherNamespace(wanted: string, groupId: string): string {
  return `${wanted.slice(0, 54).replace(/-+$/, "")}-${groupId.slice(0, 8)}`;
}
