import { isMap, isNode, isScalar, LineCounter, type Node, parseDocument } from "yaml";
import type { ConfigProblem, KeyPath } from "./problem.ts";

export type Position = { readonly line: number; readonly column: number };

/** A configuration file as plain values, and where in it each of them is. */
export type YamlSource = {
  readonly name: string;
  readonly values: Readonly<Record<string, unknown>>;
  /** Where a key (`key`) or its value stands; the nearest thing around it when it isn't there itself. */
  positionOf(path: KeyPath, part: "key" | "value"): Position | null;
};

export type YamlResult =
  | { readonly ok: true; readonly source: YamlSource }
  | { readonly ok: false; readonly problems: readonly ConfigProblem[] };

export function readYaml(name: string, text: string): YamlResult {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true, merge: true });
  const at = (offset: number): Position => {
    const { line, col } = lines.linePos(offset);
    return { line, column: col };
  };
  const problems = document.errors.map(
    (error): ConfigProblem => ({
      path: "",
      source: name,
      ...at(error.pos[0]),
      message: `The file is not valid YAML here: ${sentence(error.message)}`,
      hint: null,
    }),
  );
  if (problems.length > 0) return { ok: false, problems };
  const values = valuesOf(document);
  if (values === null)
    return {
      ok: false,
      problems: [
        {
          path: "",
          source: name,
          line: 1,
          column: 1,
          message: "The file must hold keys and values, such as “hub:”.",
          hint: null,
        },
      ],
    };
  if (typeof values === "string")
    return { ok: false, problems: [{ path: "", source: name, line: 1, column: 1, message: values, hint: null }] };
  const positionOf = (path: KeyPath, part: "key" | "value"): Position | null => {
    const offset = offsetOf(document.contents, path, part);
    return offset === null ? null : at(offset);
  };
  return { ok: true, source: { name, values, positionOf } };
}

/** The values; `null` when the file isn't a mapping; a sentence when its aliases can't be unfolded. */
function valuesOf(document: ReturnType<typeof parseDocument>): Readonly<Record<string, unknown>> | string | null {
  try {
    const values: unknown = document.toJS({ maxAliasCount: 100 });
    if (values === null || values === undefined) return {};
    return typeof values === "object" && !Array.isArray(values) ? { ...values } : null;
  } catch (error) {
    return `The file's anchors and aliases can't be read: ${sentence(error instanceof Error ? error.message : String(error))}`;
  }
}

function offsetOf(root: unknown, path: KeyPath, part: "key" | "value"): number | null {
  let node: unknown = root;
  let offset = startOf(node);
  for (const [depth, step] of path.entries()) {
    const last = depth === path.length - 1;
    if (isMap(node)) {
      const pair = node.items.find((item) => isScalar(item.key) && String(item.key.value) === String(step));
      if (pair === undefined) return offset;
      const keyOffset = startOf(pair.key) ?? offset;
      offset = last && part === "key" ? keyOffset : (startOf(pair.value) ?? keyOffset);
      node = pair.value;
    } else if (isNode(node) && "items" in node && Array.isArray(node.items)) {
      node = node.items[Number(step)];
      offset = startOf(node) ?? offset;
    } else return offset;
  }
  return offset;
}

function startOf(node: unknown): number | null {
  return isNode(node) ? ((node as Node).range?.[0] ?? null) : null;
}

function sentence(message: string): string {
  const text = message.trim();
  return /[.!?]$/.test(text) ? text : `${text}.`;
}
