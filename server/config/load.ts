import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { profileWarnings } from "#server/profiles/check.ts";
import { KubespawnerOverride } from "#server/profiles/traits.ts";
import { checkConfig } from "./checks.ts";
import { type Setting, settingsFromEnvironment } from "./environment.ts";
import { configSchemaTree, knownKeysAt, type SchemaNode } from "./json-schema.ts";
import { nearestKey } from "./nearest.ts";
import { type ConfigProblem, type KeyPath, pathText } from "./problem.ts";
import { Config } from "./schema.ts";
import { readSecretFiles } from "./secret-files.ts";
import { type Finding, findingsFrom } from "./sentences.ts";
import { dropValue, putValue } from "./values.ts";
import { readYaml, type YamlSource } from "./yaml-source.ts";

export type { ConfigProblem } from "./problem.ts";
export { printProblems } from "./problem.ts";

/** What the command line says, in the file's own shape: `{ proxy: { listen: "127.0.0.1:9000" } }`. */
export type ConfigFlags = { readonly [key: string]: unknown };
export type ConfigInput = {
  readonly file?: string | undefined;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly flags?: ConfigFlags | undefined;
};
/** Where values came from that are neither defaults nor in the file. */
export type ConfigSource = {
  readonly file: string | null;
  readonly overrides: readonly { readonly path: string; readonly from: string }[];
};
export type ConfigResult =
  | {
      readonly ok: true;
      readonly config: Config;
      readonly source: ConfigSource;
      readonly warnings: readonly ConfigProblem[];
    }
  | { readonly ok: false; readonly problems: readonly ConfigProblem[] };

/** Defaults, then the file, then the environment, then flags. Answers with every problem there is, or with a configuration that is whole. */
export function loadConfig({ file, environment, flags = {} }: ConfigInput): ConfigResult {
  const read = file === undefined ? readYaml("berth.yaml", "") : readFile(file);
  if (!read.ok) return read;
  const root = configSchemaTree();
  const { settings, problems, warnings } = settingsFromEnvironment(environment, root);
  const values = withoutEmptySections(read.source.values);
  const overrides = [
    ...settings,
    ...portSettings(environment, [...settings, { path: ["proxy", "listen"], value: listenOf(values), source: "" }]),
    ...flagSettings(flags),
  ];
  for (const { path, value } of overrides) override(values, path, value);
  const locate = describer(read.source, overrides, root);
  const secrets = readSecretFiles(values, root, file ?? null).map((found) => locate({ ...found, unknownKey: null }));
  const parsed = Config.safeParse(values);
  const findings = parsed.success ? [] : findingsFrom(parsed.error.issues);
  const checked = checkReadable(values, findings);
  const all = [
    ...problems,
    ...secrets,
    ...findings.map(locate),
    ...checked.map((found) => locate({ ...found, unknownKey: null })),
  ];
  if (all.length > 0 || !parsed.success) return { ok: false, problems: all };
  const source = {
    file: file ?? null,
    overrides: overrides.map(({ path, source: from }) => ({ path: pathText(path), from })),
  };
  const hints = profileWarnings(parsed.data).map((found) => locate({ ...found, unknownKey: null }));
  return { ok: true, config: parsed.data, source, warnings: [...warnings, ...hints] };
}

function readFile(file: string): ReturnType<typeof readYaml> {
  try {
    return readYaml(basename(file), readFileSync(file, "utf8"));
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : String(error);
    const message = code === "ENOENT" ? `There is no file “${file}”.` : `The file “${file}” can't be read (${code}).`;
    return {
      ok: false,
      problems: [{ path: "", source: basename(file), line: null, column: null, message, hint: null }],
    };
  }
}

/** A copy to put settings into; a section whose keys are all commented out (`hub:` and nothing) is as good as absent. */
function withoutEmptySections(values: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return structuredClone(Object.fromEntries(Object.entries(values).filter(([, value]) => value !== null)));
}

function listenOf(values: Readonly<Record<string, unknown>>): unknown {
  const proxy = values.proxy;
  return typeof proxy === "object" && proxy !== null && "listen" in proxy ? proxy.listen : undefined;
}

/** BERTH_PORT changes the port alone. Kubernetes sets BERTH_PORT=tcp://… for a service called berth: not meant. */
function portSettings(environment: ConfigInput["environment"], listens: readonly Setting[]): Setting[] {
  const port = environment.BERTH_PORT;
  if (port === undefined || port === "" || port.includes("://")) return [];
  const listen = listens.find(
    (setting) => pathText(setting.path) === "proxy.listen" && setting.value !== undefined,
  )?.value;
  const host = typeof listen === "string" ? listen.slice(0, listen.lastIndexOf(":")) : "127.0.0.1";
  return [{ path: ["proxy", "listen"], value: `${host}:${port}`, source: "BERTH_PORT" }];
}

function flagSettings(flags: ConfigFlags, at: KeyPath = []): Setting[] {
  return Object.entries(flags).flatMap(([key, value]) => {
    const path = [...at, key];
    const nested = typeof value === "object" && value !== null && !Array.isArray(value);
    return nested ? flagSettings({ ...value }, path) : [{ path, value, source: "command line" }];
  });
}

/** A secret said later replaces the same secret said earlier in the other way (`url` and `urlFile`). */
function override(values: Record<string, unknown>, path: KeyPath, value: unknown): void {
  const key = String(path.at(-1));
  const twin = key.endsWith("File") ? key.slice(0, -4) : `${key}File`;
  dropValue(values, [...path.slice(0, -1), twin]);
  putValue(values, path, value);
}

/** Unknown keys change nothing else, so they are left out; a section with a wrong value says nothing certain, and waits. */
function checkReadable(
  values: Record<string, unknown>,
  findings: readonly Finding[],
): readonly { path: KeyPath; message: string }[] {
  const unreadable = new Set(
    findings.filter(({ unknownKey }) => unknownKey === null).map(({ path }) => String(path[0])),
  );
  const readable = structuredClone(
    Object.fromEntries(Object.entries(values).filter(([section]) => !unreadable.has(section))),
  );
  for (const { path, unknownKey } of findings) if (unknownKey !== null) dropValue(readable, path);
  const parsed = Config.safeParse(readable);
  return parsed.success ? checkConfig(parsed.data, unreadable) : [];
}

function describer(source: YamlSource, overrides: readonly Setting[], root: SchemaNode) {
  return (finding: Finding): ConfigProblem => {
    const path = pathText(finding.path);
    const said = overrides.findLast(
      (setting) =>
        path === pathText(setting.path) ||
        path.startsWith(`${pathText(setting.path)}.`) ||
        path.startsWith(`${pathText(setting.path)}[`),
    );
    const position =
      said === undefined ? source.positionOf(finding.path, finding.unknownKey === null ? "value" : "key") : null;
    const hint =
      finding.unknownKey === null ? null : nearestKey(finding.unknownKey, knownKeys(root, finding.path.slice(0, -1)));
    return {
      path,
      source: said?.source ?? source.name,
      line: position?.line ?? null,
      column: position?.column ?? null,
      message: finding.message,
      hint,
    };
  };
}

/** The override of an unlisted choice is free in the JSON Schema, since `{value}` may stand for a number. */
function knownKeys(root: SchemaNode, path: KeyPath): string[] {
  if (path.at(-1) === "kubespawner_override") return Object.keys(KubespawnerOverride.shape);
  return knownKeysAt(root, path);
}
