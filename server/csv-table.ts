import type { CsvProblem } from "./api/group-views.ts";
import { parseCsv } from "./parse-csv.ts";

export type CsvLine = { readonly line: number; readonly values: Readonly<Record<string, string>> };
export type CsvTable = { readonly lines: readonly CsvLine[]; readonly problems: readonly CsvProblem[] };

export const maximalLines = 20_000;

/** The lines below a heading that names `required` and perhaps some of `optional`, in any order and case. Pure. */
export function readTable(text: string, required: string, optional: readonly string[]): CsvTable {
  const { rows, fault } = parseCsv(text);
  const faults = fault === null ? [] : [fault];
  const [head, ...body] = rows;
  if (head === undefined) return { lines: [], problems: faults.length > 0 ? faults : [empty(required)] };
  const columns = head.cells.map((cell) => cell.trim().toLowerCase());
  const problem = headingProblem(columns, required, optional);
  if (problem !== null) return { lines: [], problems: [{ line: head.line, message: problem }] };
  if (body.length > maximalLines) {
    const message = `The file has ${body.length.toLocaleString("en")} lines, and ${maximalLines.toLocaleString("en")} is the most.`;
    return { lines: [], problems: [{ line: body[maximalLines]?.line ?? 1, message }] };
  }
  const lines: CsvLine[] = [];
  const problems: CsvProblem[] = [];
  for (const { line, cells } of body) {
    if (cells.length === columns.length)
      lines.push({ line, values: Object.fromEntries(columns.map((column, at) => [column, cells[at] ?? ""])) });
    else problems.push({ line, message: `It has ${fields(cells.length)}, the heading has ${columns.length}.` });
  }
  return { lines, problems: [...problems, ...faults] };
}

function empty(required: string): CsvProblem {
  return { line: 1, message: `The file is empty. Its first line names the columns, “${required}” among them.` };
}

function headingProblem(columns: readonly string[], required: string, optional: readonly string[]): string | null {
  const known = [required, ...optional];
  const names = known.map((name) => `“${name}”`).join(", ");
  if (!columns.includes(required)) return `The first line must name the columns, “${required}” among them (${names}).`;
  const odd = columns.find((column) => !known.includes(column));
  if (odd !== undefined) return `There is no column “${odd.slice(0, 40)}”. The columns are ${names}.`;
  const twice = columns.find((column, at) => columns.indexOf(column) !== at);
  return twice === undefined ? null : `The column “${twice}” is there twice.`;
}

function fields(count: number): string {
  return count === 1 ? "1 field" : `${count} fields`;
}

const namedLines = 10;

/** All problems in one message; the first ten with their words. */
export function problemsSentence(problems: readonly CsvProblem[]): string | null {
  if (problems.length === 0) return null;
  const sorted = [...problems].sort((a, b) => a.line - b.line);
  const told = sorted.slice(0, namedLines).map(({ line, message }) => `line ${line}: ${message}`);
  const more = sorted.length - told.length;
  const count = sorted.length === 1 ? "1 line" : `${sorted.length.toLocaleString("en")} lines`;
  const rest = more > 0 ? ` And ${more.toLocaleString("en")} more.` : "";
  return `Nothing was changed, because ${count} can't be used. ${told.join(" ")}${rest}`;
}
