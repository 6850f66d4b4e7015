import { z } from "zod";
import type { KeyPath } from "./problem.ts";
import { Config } from "./schema.ts";

/** The parts of JSON Schema (2020-12) that zod writes for our schema. */
export type SchemaNode = {
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | SchemaNode;
  readonly items?: SchemaNode;
  readonly anyOf?: readonly SchemaNode[];
  readonly not?: SchemaNode;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly examples?: readonly unknown[];
  /** Ours: the value is a secret and is never printed. */
  readonly secret?: boolean;
};

/** `berth.yaml` as JSON Schema: for editors, the chart's values.schema.json and the reference page. */
export function configJsonSchema(): Record<string, unknown> {
  const schema = z.toJSONSchema(Config, { io: "input", unrepresentable: "any" });
  return { ...schema, title: "Berth configuration (berth.yaml)" };
}

export function configSchemaTree(): SchemaNode {
  return configJsonSchema() as SchemaNode;
}

/** Every schema a path may meet (unions have several). */
export function schemasAt(root: SchemaNode, path: KeyPath): readonly SchemaNode[] {
  return path.reduce<readonly SchemaNode[]>(
    (nodes, step) => nodes.flatMap((node) => stepInto(node, step)),
    alternatives(root),
  );
}

function stepInto(node: SchemaNode, step: string | number): readonly SchemaNode[] {
  const property =
    node.properties !== undefined && Object.hasOwn(node.properties, step) ? node.properties[step] : undefined;
  if (property !== undefined) return alternatives(property);
  if (typeof step === "number") return node.items === undefined ? [] : alternatives(node.items);
  return typeof node.additionalProperties === "object" ? alternatives(node.additionalProperties) : [];
}

function alternatives(node: SchemaNode): readonly SchemaNode[] {
  return node.anyOf === undefined ? [node] : node.anyOf.flatMap(alternatives);
}

/** Keys that may stand at a path; those that exist only to be refused with a reason are no suggestion. */
export function knownKeysAt(root: SchemaNode, path: KeyPath): string[] {
  const keys = schemasAt(root, path).flatMap((node) => Object.entries(node.properties ?? {}));
  return keys.filter(([, schema]) => schema.not === undefined).map(([key]) => key);
}

export type Leaf = { readonly path: readonly string[]; readonly schema: SchemaNode };

/** Every key that holds a plain value or a list of texts, without those inside lists and free mappings. */
export function leavesOf(node: SchemaNode, path: readonly string[] = []): Leaf[] {
  if (node.not !== undefined) return [];
  if (node.properties !== undefined)
    return Object.entries(node.properties).flatMap(([key, child]) => leavesOf(child, [...path, key]));
  const isPlain = alternatives(node).some(
    (item) => item.type !== "object" && (item.type !== "array" || isTextList(item)),
  );
  return isPlain ? [{ path, schema: node }] : [];
}

export function isTextList(node: SchemaNode): boolean {
  return node.type === "array" && node.items?.type === "string";
}
