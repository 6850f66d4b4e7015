/** One thing wrong with the configuration, for the person who wrote it. */
export type ConfigProblem = {
  /** `singleuser.memory.limit`; list items as `auth.oidc[0].issuer`. Empty for the file as a whole. */
  readonly path: string;
  /** Where it was said: the file's name, the name of an environment variable, or a flag. */
  readonly source: string;
  /** From 1; null where there is no line (environment, flags, a value that is missing altogether). */
  readonly line: number | null;
  readonly column: number | null;
  readonly message: string;
  /** The key that was probably meant. */
  readonly hint: string | null;
};

export type KeyPath = readonly (string | number)[];

/** What a check of the whole found, before anybody knows the line it stands on. */
export type CheckFinding = { readonly path: KeyPath; readonly message: string };

export function pathText(path: KeyPath): string {
  return path.reduce<string>((text, part) => {
    if (typeof part === "number") return `${text}[${part}]`;
    return text === "" ? part : `${text}.${part}`;
  }, "");
}

/** `berth.yaml:12:5  singleuser.memory.limit: …`, one problem a line, in the order of the file. */
export function printProblems(problems: readonly ConfigProblem[]): string {
  const sorted = [...problems].sort((a, b) => (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0));
  const lines = sorted.map((problem) => {
    const place = problem.line === null ? problem.source : `${problem.source}:${problem.line}:${problem.column ?? 1}`;
    const hint = problem.hint === null ? "" : ` Did you mean “${problem.hint}”?`;
    return `${place}  ${problem.path === "" ? "" : `${problem.path}: `}${problem.message}${hint}`;
  });
  return lines.join("\n");
}
