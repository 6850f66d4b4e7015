import { t } from "#app/_text/t.ts";

/** JupyterHub 6's rules, told while typing; the hub holds the same ones and more (names Jupyter uses itself). */
export function newServerNameProblem(name: string, taken: readonly string[]): string | null {
  if (name === "") return t("add.problem.empty");
  if (name.length > 30) return t("add.problem.long");
  if (!/^[a-z]/.test(name)) return t("add.problem.start");
  if (!/^[a-z0-9-]+$/.test(name)) return t("add.problem.characters");
  if (name.includes("--") || name.endsWith("-")) return t("add.problem.hyphen");
  if (taken.includes(name)) return t("add.problem.taken");
  return null;
}
