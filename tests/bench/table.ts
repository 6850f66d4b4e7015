import { cpus, totalmem } from "node:os";
import type { Row } from "./measure.ts";

/** The table as Markdown, as it stands in the README. */
export function tableOf(rows: readonly Row[]): string {
  const cells = rows.map(({ part, what, value, mark, met }) => [part, what, value, mark ?? "", verdictOf(met)]);
  const all = [["part", "what", "measured", "mark", ""], ...cells];
  const widths = [0, 1, 2, 3, 4].map((column) => Math.max(3, ...all.map((line) => (line[column] ?? "").length)));
  const lineOf = (line: readonly string[]) => `| ${line.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join(" | ")} |`;
  const rule = `|${widths.map((width) => "-".repeat(width + 2)).join("|")}|`;
  const [head = [], ...body] = all;
  return [lineOf(head), rule, ...body.map(lineOf)].join("\n");
}

function verdictOf(met: boolean | null): string {
  return met === null ? "" : met ? "met" : "MISSED";
}

export function machine(): string {
  const [first] = cpus();
  const memory = `${Math.round(totalmem() / 2 ** 30)} GiB`;
  return `${cpus().length} cores (${first?.model.trim() ?? "unknown"}), ${memory}, Node ${process.version}`;
}
