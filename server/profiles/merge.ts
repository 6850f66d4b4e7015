/** Values as YAML gives them. */
export type Plain = { readonly [key: string]: unknown };

export function isPlain(value: unknown): value is Plain {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * One `kubespawner_override` over what stands so far, as KubeSpawner's `_apply_overrides` does it: two mappings merge
 * recursively, where `null` removes a key; anything else replaces.
 */
export function applyOverride(settings: Plain, override: Plain): Plain {
  const merged: Record<string, unknown> = { ...settings };
  for (const [trait, value] of Object.entries(override)) {
    const before = settings[trait];
    merged[trait] = isPlain(value) && isPlain(before) ? mergeMapping(before, value) : value;
  }
  return merged;
}

/** KubeSpawner's `recursive_update`, without changing its arguments. */
function mergeMapping(target: Plain, change: Plain): Plain {
  const merged = new Map(Object.entries(target));
  for (const [key, value] of Object.entries(change)) {
    if (value === null) merged.delete(key);
    else if (isPlain(value)) {
      const before = merged.get(key);
      merged.set(key, mergeMapping(isPlain(before) ? before : {}, value));
    } else merged.set(key, value);
  }
  return Object.fromEntries(merged);
}
