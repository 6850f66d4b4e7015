/** A piece of a manifest as the configuration gives it. */
export type KubeObject = Readonly<Record<string, unknown>>;

/**
 * Lays `changes` over `base` as Kubernetes' own strategic merge does where it matters here: objects key by key, lists of
 * named things (env, volumes, containers; mounts by their path) element by element, anything else replaced. `null`
 * removes a key.
 */
export function mergeObjects<T extends object>(base: T, changes: KubeObject): T {
  const merged: Record<string, unknown> = Object.fromEntries(Object.entries(base));
  for (const [key, value] of Object.entries(changes)) {
    if (value === null) delete merged[key];
    else if (value !== undefined) merged[key] = mergeValues(merged[key], value, key);
  }
  return merged as T;
}

function mergeValues(base: unknown, value: unknown, field: string): unknown {
  if (isObject(base) && isObject(value)) return mergeObjects(base, value);
  if (Array.isArray(base) && Array.isArray(value)) return mergeLists(base, value, field);
  return value;
}

/** Only containers are merged inside: the API refuses half of one variable and half of another (`value`, `valueFrom`). */
function mergeLists(base: readonly unknown[], changes: readonly unknown[], field: string): readonly unknown[] {
  const isDeep = field === "containers" || field === "initContainers";
  const key = (["mountPath", "name"] as const).find((name) => [...base, ...changes].every((item) => keyOf(item, name)));
  if (key === undefined) return changes;
  const merged = new Map(base.map((item) => [keyOf(item, key), item]));
  for (const item of changes) {
    const id = keyOf(item, key);
    merged.set(id, isDeep ? mergeValues(merged.get(id), item, field) : item);
  }
  return [...merged.values()];
}

function keyOf(item: unknown, name: string): string | undefined {
  const value = isObject(item) ? item[name] : undefined;
  return typeof value === "string" && value !== "" ? value : undefined;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
