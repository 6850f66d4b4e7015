import { variableFor } from "./environment.ts";
import { configSchemaTree, leavesOf, type SchemaNode } from "./json-schema.ts";
import { takenKeys } from "./reload.ts";

const intro = `# Configuration

Everything \`berth.yaml\` can hold, made from the schema that checks it. Keys are z2jh's where z2jh has the key. Later beats
earlier: defaults, the file, \`BERTH_…\` variables, flags. A secret may be read from a file: \`clientSecretFile\` for \`clientSecret\`, or
\`BERTH_…_FILE\` in the environment. Keys inside lists have no variable.

A hub follows its file: within seconds of a change these keys are in force, without a restart, and running servers go on as they are:
${takenKeys()
  .map((key) => `\`${key}\``)
  .join(", ")}. A file with a mistake changes nothing, and so does every other key until the hub is started
again; \`berth doctor\` and the health page say either. In a cluster \`helm upgrade\` is enough: Kubernetes hands the file to running pods
within about a minute, and pods are replaced only for what they can't take over.`;

/** The reference page, one table a section. */
export function configReference(): string {
  const sections = Object.entries(configSchemaTree().properties ?? {}).map(([name, schema]) =>
    sectionText(name, schema),
  );
  return `${[intro, ...sections].join("\n\n")}\n`;
}

function sectionText(name: string, schema: SchemaNode): string {
  const variables = new Set(leavesOf(schema, [name]).map(({ path }) => path.join(".")));
  const rows = rowsOf(schema, [name]).map(({ path, node }) => {
    const text = path.join(".");
    const variable = variables.has(text) ? `<br>\`${variableFor(path)}\`` : "";
    return `| \`${text}\`${variable} | ${typeText(node)} | ${defaultText(node)} | ${cell(node.description ?? "")} |`;
  });
  const heading = `## ${name}${schema.description === undefined ? "" : `\n\n${schema.description}`}`;
  if (rows.length === 0) return heading;
  return [heading, "", "| Key | Type | Default | |", "|---|---|---|---|", ...rows].join("\n");
}

type Row = { readonly path: readonly string[]; readonly node: SchemaNode };

function rowsOf(node: SchemaNode, path: readonly string[]): Row[] {
  return Object.entries(node.properties ?? {}).flatMap(([key, child]): Row[] => {
    const at = [...path, key];
    if (child.not !== undefined) return [];
    if (child.properties !== undefined) return rowsOf(child, at);
    const item = child.items?.properties === undefined ? [] : rowsOf(child.items, [...path, `${key}[]`]);
    return [{ path: at, node: child }, ...item];
  });
}

function typeText(node: SchemaNode): string {
  if (node.enum !== undefined) return node.enum.map((value) => `\`${String(value)}\``).join(" \\| ");
  if (node.const !== undefined) return `\`${String(node.const)}\``;
  if (node.anyOf !== undefined) return [...new Set(node.anyOf.map(typeText))].join(" or ");
  const types = [node.type ?? "anything"].flat();
  const range = node.minimum === undefined || node.minimum < -1e9 ? "" : ` ≥ ${node.minimum}`;
  return types.map((type) => typeNames[type] ?? type).join(" or ") + range;
}

const typeNames: Readonly<Record<string, string>> = {
  string: "text",
  boolean: "true or false",
  integer: "whole number",
  array: "list",
  object: "mapping",
};

function defaultText(node: SchemaNode): string {
  return node.default === undefined ? "" : `\`${JSON.stringify(node.default)}\``;
}

function cell(text: string): string {
  return text.replaceAll("|", "\\|").replaceAll("\n", " ");
}
