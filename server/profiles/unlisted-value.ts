import { expandedTraits, formattedTraits } from "./traits.ts";

/**
 * Where a value that a user typed may go: text settings a user may well choose freely, and never objects that reach the node
 * or other containers (volumes, security contexts, extra containers).
 */
const openTraits: ReadonlySet<string> = new Set([
  "image",
  "image_spec",
  "cmd",
  "args",
  "default_url",
  "notebook_dir",
  "working_dir",
  "environment",
  "cpu_limit",
  "cpu_guarantee",
  "mem_limit",
  "mem_guarantee",
  "extra_resource_limits",
  "extra_resource_guarantees",
  "extra_labels",
  "extra_annotations",
  "node_selector",
  "storage_capacity",
]);

type Path = readonly (string | number)[];
export type Placement = {
  readonly hasValue: boolean;
  readonly problems: readonly { readonly path: Path; readonly message: string }[];
};

/** Looks at one setting of an unlisted choice's override: does it hold `{value}`, and may it? */
export function placeProblems(trait: string, setting: unknown): Placement {
  const places = findValue(setting, [trait]);
  const problems = places.flatMap(({ path, inKey }) => {
    if (inKey)
      return [
        {
          path,
          message: "“{value}” can't stand in a key, only in a text: a user must not choose which setting is set.",
        },
      ];
    if (openTraits.has(trait)) return [];
    return [{ path, message: `“{value}” can't be used in “${trait}”. It may stand in ${[...openTraits].join(", ")}.` }];
  });
  return { hasValue: places.length > 0, problems };
}

function findValue(setting: unknown, path: Path): { path: Path; inKey: boolean }[] {
  if (typeof setting === "string") return setting.includes("{value}") ? [{ path, inKey: false }] : [];
  if (Array.isArray(setting)) return setting.flatMap((item, index) => findValue(item, [...path, index]));
  if (typeof setting !== "object" || setting === null) return [];
  return Object.entries(setting).flatMap(([key, item]) => [
    ...(key.includes("{value}") ? [{ path: [...path, key], inKey: true }] : []),
    ...findValue(item, [...path, key]),
  ]);
}

/** Kubernetes expands `$(NAME)` in these; `$$` stands for one `$` (reference: pod spec, EnvVar.value and Container.args). */
const dollarTraits: ReadonlySet<string> = new Set(["environment", "cmd", "args"]);
const templated: ReadonlySet<string> = new Set([...expandedTraits, ...formattedTraits]);

/**
 * The override with the user's value in place of `{value}`. What is looked at again later (template fields, Kubernetes'
 * `$(NAME)`) is escaped, so that exactly the typed text arrives in that one field.
 */
export function placeValue(trait: string, setting: unknown, typed: string, backend: "local" | "kubernetes"): unknown {
  const dollars = dollarTraits.has(trait) ? dollarsKept(typed, backend) : typed;
  const escaped = templated.has(trait) ? dollars.replaceAll("{", "{{").replaceAll("}", "}}") : dollars;
  const place = (item: unknown): unknown => {
    if (typeof item === "string")
      return templated.has(trait) ? item.replaceAll("{value}", () => escaped) : format(item, escaped);
    if (Array.isArray(item)) return item.map(place);
    if (typeof item !== "object" || item === null) return item;
    return Object.fromEntries(Object.entries(item).map(([key, inner]) => [key, place(inner)]));
  };
  return place(setting);
}

/** One pass of Python's `format_map` for settings that no later pass expands: other fields stay as they are. */
function format(text: string, value: string): string {
  return text.replaceAll(/\{\{|\}\}|\{value\}/g, (found) => (found === "{{" ? "{" : found === "}}" ? "}" : value));
}

/** Text for an environment variable or an argument, so that it arrives there as it is. */
export function dollarsKept(text: string, backend: "local" | "kubernetes"): string {
  return backend === "kubernetes" ? text.replaceAll("$", "$$$$") : text;
}

const commandTraits: ReadonlySet<string> = new Set(["cmd", "args", "default_url", "notebook_dir"]);

/** A field the spawner fills into the command later; a typed text that ends up there must not name one. */
export function spawnerFieldIn(trait: string, typed: string): string | null {
  if (!commandTraits.has(trait)) return null;
  return /\{(?:port|prefix|prefixPath|address|socket)\}/.exec(typed)?.[0] ?? null;
}
