import { isTextList, type Leaf, leavesOf, type SchemaNode } from "./json-schema.ts";
import { nearestKey } from "./nearest.ts";
import type { ConfigProblem, KeyPath } from "./problem.ts";

export type Setting = { readonly path: KeyPath; readonly value: unknown; readonly source: string };
export type EnvironmentSettings = {
  readonly settings: readonly Setting[];
  readonly problems: readonly ConfigProblem[];
  readonly warnings: readonly ConfigProblem[];
};

const prefix = "BERTH_";
/** Read elsewhere, or by tests. */
const reserved =
  /^BERTH_(?:PORT|HOME|CONFIG|URL|TOKEN|ROLE|LOG_LEVEL|WEB_SECRET|WEB_NAME|WEB_ACCENT|(?:TEST|BENCH|INTERNAL|DEV|REUSED)(?:_.*)?)$/;
/** What Kubernetes puts into every pod for a service called berth, berth-hub …: not meant as configuration. */
const serviceLink = /_SERVICE_(?:HOST|PORT(?:_.*)?)$|_PORT(?:_\d+_(?:TCP|UDP|SCTP)(?:_(?:PROTO|PORT|ADDR))?)?$/;

/** `hub.publicUrl` is BERTH_HUB_PUBLIC_URL. */
export function variableFor(path: readonly string[]): string {
  const words = path.map((key) =>
    key
      .replaceAll(/(?<=[a-z0-9])[A-Z]/g, (letter) => `_${letter}`)
      .replaceAll("-", "_")
      .toUpperCase(),
  );
  return `${prefix}${words.join("_")}`;
}

/** Settings said by `BERTH_…` variables; a misspelt one in a known section is refused, as a misspelt key is. */
export function settingsFromEnvironment(
  environment: Readonly<Record<string, string | undefined>>,
  root: SchemaNode,
): EnvironmentSettings {
  const leaves = new Map(leavesOf(root).map((leaf) => [variableFor(leaf.path), leaf]));
  const sections = Object.keys(root.properties ?? {}).map((section) => variableFor([section]));
  const settings: Setting[] = [];
  const problems: ConfigProblem[] = [];
  const warnings: ConfigProblem[] = [];
  if (environment.DATABASE_URL)
    settings.push({ path: ["hub", "db", "url"], value: environment.DATABASE_URL, source: "DATABASE_URL" });
  for (const [name, value] of Object.entries(environment)) {
    if (!name.startsWith(prefix) || value === undefined || reserved.test(name)) continue;
    const leaf = leaves.get(name);
    if (leaf !== undefined) settings.push({ path: leaf.path, value: valueFor(leaf, value), source: name });
    else if (!isServiceLink(name, value)) {
      const inSection = sections.some((section) => name.startsWith(`${section}_`));
      (inSection ? problems : warnings).push(unknownVariable(name, [...leaves.keys()]));
    }
  }
  return { settings, problems, warnings };
}

function isServiceLink(name: string, value: string): boolean {
  return (
    serviceLink.test(name) &&
    (/^\w+:\/\//.test(value) || name.includes("_SERVICE_") || /_\d+_(?:TCP|UDP|SCTP)_/.test(name))
  );
}

function unknownVariable(name: string, known: readonly string[]): ConfigProblem {
  return {
    path: "",
    source: name,
    line: null,
    column: null,
    message: "There is no setting for this variable.",
    hint: nearestKey(name, known),
  };
}

/** Text as the type the key has; what can't be converted stays text, and the schema says what it should be. */
function valueFor({ schema }: Leaf, text: string): unknown {
  const types = [schema.type ?? []].flat();
  if (isTextList(schema))
    return text
      .split(",")
      .map((item) => item.trim())
      .filter((item) => item !== "");
  if (types.includes("string")) return text;
  if (types.includes("boolean") || typeof schema.const === "boolean")
    return ["true", "1"].includes(text) ? true : ["false", "0"].includes(text) ? false : text;
  if (types.some((type) => type === "integer" || type === "number"))
    return /^-?\d+(?:\.\d+)?$/.test(text) ? Number(text) : text;
  return text;
}
