import { readFileSync } from "node:fs";
import { z } from "zod";
import { partFile } from "./build.ts";

type Node = {
  readonly type?: string | undefined;
  readonly format?: string | undefined;
  readonly $ref?: string | undefined;
  readonly required?: readonly string[] | undefined;
  readonly properties?: Readonly<Record<string, Node>> | undefined;
  readonly items?: Node | undefined;
  readonly additionalProperties?: Node | boolean | undefined;
  readonly "x-kubernetes-group-version-kind"?: readonly Kind[] | undefined;
};
type Kind = { readonly group: string; readonly version: string; readonly kind: string };
type Definitions = Readonly<Record<string, Node>>;

const quantity = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[KMGTPE]i|[numkMGTPE]|[eE][+-]?\d+)?$/;
const quantityName = "io.k8s.apimachinery.pkg.api.resource.Quantity";

/** Kubernetes' own description of its objects, of that minor version. */
export function definitionsOf(minor: "1.24" | "1.34"): Definitions {
  const all = z
    .record(z.string(), z.record(z.string(), z.looseObject({})))
    .parse(JSON.parse(readFileSync(partFile("openapi"), "utf8")));
  const found = all[minor];
  if (found === undefined) throw new Error(`There is no description of Kubernetes ${minor}.`);
  return found as Definitions;
}

/** What is wrong with an object, strictly: a field nobody knows is wrong. Null: its kind isn't one of Kubernetes itself. */
export function problemsOf(definitions: Definitions, object: Readonly<Record<string, unknown>>): string[] | null {
  const [group, version] = String(object.apiVersion).includes("/")
    ? String(object.apiVersion).split("/")
    : ["", String(object.apiVersion)];
  const isIt = (kind: Kind) => kind.group === group && kind.version === version && kind.kind === object.kind;
  const found = Object.values(definitions).find((node) => node["x-kubernetes-group-version-kind"]?.some(isIt));
  return found === undefined ? null : look(definitions, found, object, String(object.kind));
}

function look(definitions: Definitions, node: Node, value: unknown, path: string): string[] {
  if (node.$ref !== undefined) {
    const name = node.$ref.replace("#/definitions/", "");
    if (name === quantityName) return quantity.test(String(value)) ? [] : [`${path}: ${String(value)} is no quantity`];
    return look(definitions, definitions[name] ?? {}, value, path);
  }
  if (node.format === "int-or-string")
    return ["number", "string"].includes(typeof value) ? [] : [`${path}: a number or text`];
  switch (node.type) {
    case "array":
      if (!Array.isArray(value)) return [`${path}: a list`];
      return value.flatMap((item, index) => look(definitions, node.items ?? {}, item, `${path}[${index}]`));
    case "integer":
      return Number.isInteger(value) ? [] : [`${path}: a whole number, not ${JSON.stringify(value)}`];
    case "number":
    case "boolean":
    case "string":
      return typeof value === node.type ? [] : [`${path}: ${node.type}, not ${JSON.stringify(value)}`];
    default:
      return lookInside(definitions, node, value, path);
  }
}

function lookInside(definitions: Definitions, node: Node, value: unknown, path: string): string[] {
  const { properties, additionalProperties } = node;
  // A description without fields: anything goes.
  if (properties === undefined && typeof additionalProperties !== "object") return [];
  if (typeof value !== "object" || value === null || Array.isArray(value)) return [`${path}: a mapping`];
  const missing = (node.required ?? []).filter((key) => !(key in value)).map((key) => `${path}.${key} is missing`);
  const inside = Object.entries(value).flatMap(([key, item]) => {
    const child = properties?.[key] ?? (typeof additionalProperties === "object" ? additionalProperties : undefined);
    return child === undefined
      ? [`${path}.${key}: nobody knows this field`]
      : look(definitions, child, item, `${path}.${key}`);
  });
  return [...missing, ...inside];
}
