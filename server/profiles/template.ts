import { safeSlug, userServerSlug } from "#server/servers/slugs.ts";
import { escapedSlug } from "./escaped-slug.ts";

/** Fields of KubeSpawner's template strings that Berth fills in. */
export const templateFields = [
  "username",
  "servername",
  "user_server",
  "safe_username",
  "safe_servername",
  "safe_user_server",
  "escaped_username",
  "escaped_servername",
  "escaped_user_server",
  "unescaped_username",
  "unescaped_servername",
  "pvc_name",
] as const;
export type TemplateField = (typeof templateFields)[number];
export type TemplateNames = Readonly<Record<TemplateField, string>>;

/** What the fields stand for on this server. `{username}` and its like are safe slugs; `{unescaped_…}` are the names as they are. */
export function templateNamesFor(userName: string, serverName: string, claimTemplate: string): TemplateNames {
  const names = {
    username: safeSlug(userName),
    servername: serverName === "" ? "" : safeSlug(serverName),
    user_server: userServerSlug(userName, serverName),
    escaped_username: escapedSlug(userName),
    escaped_servername: escapedSlug(serverName),
    escaped_user_server: `${escapedSlug(userName)}--${escapedSlug(serverName)}`,
    unescaped_username: userName,
    unescaped_servername: serverName,
  };
  const all = {
    ...names,
    safe_username: names.username,
    safe_servername: names.servername,
    safe_user_server: names.user_server,
    pvc_name: "",
  };
  return { ...all, pvc_name: expand(claimTemplate, all) };
}

const piece = /\{\{|\}\}|\{([^{}]*)\}|[{}]/g;

/**
 * Python's `str.format` as far as KubeSpawner uses it: `{field}`, and `{{` for a brace. What is filled in is never looked at
 * again. A template from the configuration has passed `templateProblem`, so nothing here is unknown.
 */
export function expand(template: string, names: TemplateNames): string {
  const expanded = template.replaceAll(piece, (found, field: string | undefined) => {
    if (found === "{{") return "{";
    if (found === "}}") return "}";
    return isField(field) ? names[field] : found;
  });
  // KubeSpawner strips the hyphens an empty server name leaves behind, unless the template itself ends with one.
  return template.endsWith("-") || !template.includes("}") ? expanded : expanded.replace(/-+$/, "");
}

/** The first thing in a template that can't be filled in, as a sentence; `null` when there is none. */
export function templateProblem(template: string): string | null {
  for (const [found, field] of template.matchAll(piece)) {
    if (found === "{{" || found === "}}" || isField(field)) continue;
    if (field === undefined) return `A lone “${found}” is not allowed here: write “${found}${found}” for a brace.`;
    return `“{${field}}” is not a field Berth can fill in. Known are ${templateFields.map((name) => `{${name}}`).join(", ")}; write “{{” for a brace.`;
  }
  return null;
}

function isField(name: string | undefined): name is TemplateField {
  return templateFields.some((field) => field === name);
}

/** Every string in a value, expanded; the keys of mappings stay as they are, as in KubeSpawner. */
export function expandAll(value: unknown, names: TemplateNames): unknown {
  if (typeof value === "string") return expand(value, names);
  if (Array.isArray(value)) return value.map((item) => expandAll(item, names));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, expandAll(item, names)]));
}

/** Where in a value the first unusable template is. */
export function findTemplateProblem(
  value: unknown,
  path: readonly (string | number)[] = [],
): { readonly path: readonly (string | number)[]; readonly message: string } | null {
  if (typeof value === "string") {
    const message = templateProblem(value);
    return message === null ? null : { path, message };
  }
  if (typeof value !== "object" || value === null) return null;
  const entries = Array.isArray(value) ? value.map((item, index) => [index, item] as const) : Object.entries(value);
  for (const [key, item] of entries) {
    const problem = findTemplateProblem(item, [...path, key]);
    if (problem !== null) return problem;
  }
  return null;
}
