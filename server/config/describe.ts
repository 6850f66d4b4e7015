import { stringify } from "yaml";
import { configSchemaTree, type SchemaNode, schemasAt } from "./json-schema.ts";
import type { KeyPath } from "./problem.ts";
import type { Config } from "./schema.ts";

export { configJsonSchema } from "./json-schema.ts";

const hidden = "[redacted]";
/** Names of environment variables whose values people mean to keep to themselves. */
const secretName = /pass|secret|token|credential|private|api_?key|access_?key/i;

/** The configuration in force, for `config show` and bug reports: whole, without a secret. */
export function printConfig(config: Config, format: "yaml" | "json"): string {
  const shown = redactedConfig(config);
  return format === "json" ? JSON.stringify(shown, null, 2) : stringify(shown).trimEnd();
}

export function redactedConfig(config: Config): Record<string, unknown> {
  const root = configSchemaTree();
  return Object.fromEntries(
    Object.entries(config).map(([section, value]) => [section, redact(value, root, [section])]),
  );
}

function redact(value: unknown, root: SchemaNode, path: KeyPath): unknown {
  if (value === undefined || value === null) return value;
  const key = String(path.at(-1));
  const isVariable = ["extraEnv", "environment"].includes(String(path.at(-2)));
  if ((isVariable && secretName.test(key)) || schemasAt(root, path).some((node) => node.secret === true)) return hidden;
  if (key === "url" && path.at(-2) === "db") return hidden;
  if (Array.isArray(value)) return value.map((item, index) => redact(item, root, [...path, index]));
  if (typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, redact(item, root, [...path, name])]));
}
