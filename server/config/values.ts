import type { KeyPath } from "./problem.ts";

type Values = Record<string, unknown>;

/** Sets a value deep in a tree of plain values, making the mappings on the way. */
export function putValue(values: Values, path: KeyPath, value: unknown): void {
  const parent = path.slice(0, -1).reduce<Values>((node, key) => {
    const child = node[key];
    if (isValues(child)) return child;
    const made: Values = {};
    node[key] = made;
    return made;
  }, values);
  parent[String(path.at(-1))] = value;
}

export function dropValue(values: Values, path: KeyPath): void {
  const parent = path.slice(0, -1).reduce<unknown>((node, key) => {
    if (Array.isArray(node)) return node[Number(key)];
    return isValues(node) ? node[key] : undefined;
  }, values);
  if (isValues(parent)) delete parent[String(path.at(-1))];
}

function isValues(value: unknown): value is Values {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
