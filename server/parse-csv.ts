/**
 * CSV as RFC 4180 has it, strictly: no library of ours reads it, and a lenient one would guess. Pure.
 */
export type CsvRow = { readonly line: number; readonly cells: readonly string[] };
export type CsvFault = { readonly line: number; readonly message: string };

/** Rows with the line each begins on; lines without a character are left out. A fault ends the reading: what follows can't be told apart. */
export function parseCsv(text: string): { readonly rows: readonly CsvRow[]; readonly fault: CsvFault | null } {
  const source = text.startsWith("\uFEFF") ? text.slice(1) : text;
  const separator = separatorOf(source);
  const rows: CsvRow[] = [];
  let at = 0;
  let line = 1;
  while (at < source.length) {
    const read = readRow(source, at, separator);
    if ("message" in read) return { rows, fault: { line: line + read.linesIn, message: read.message } };
    if (read.cells.length > 1 || read.cells[0] !== "") rows.push({ line, cells: read.cells.map(unguarded) });
    at = read.end;
    line += read.lines;
  }
  return { rows, fault: null };
}

/** Spreadsheets set to many languages of Europe write semicolons. The first line decides. */
function separatorOf(source: string): "," | ";" {
  const [first = ""] = source.split(/\r?\n/, 1);
  return first.includes(";") && !first.includes(",") ? ";" : ",";
}

type Read = { readonly cells: string[]; readonly end: number; readonly lines: number };
type Broken = { readonly message: string; readonly linesIn: number };

function readRow(source: string, start: number, separator: string): Read | Broken {
  const cells: string[] = [];
  let at = start;
  let breaks = 0;
  for (;;) {
    const cell = source[at] === '"' ? readQuoted(source, at) : readPlain(source, at, separator);
    if ("message" in cell) return { ...cell, linesIn: breaks };
    cells.push(cell.value);
    breaks += cell.value.split("\n").length - 1;
    at = cell.end;
    if (source[at] === separator) {
      at += 1;
      continue;
    }
    if (at >= source.length) return { cells, end: at, lines: breaks };
    const ending = /\r\n|\n|\r/y;
    ending.lastIndex = at;
    const found = ending.exec(source)?.[0];
    if (found === undefined) return { message: "There is text behind a closing quote.", linesIn: breaks };
    return { cells, end: at + found.length, lines: breaks + 1 };
  }
}

function readPlain(
  source: string,
  start: number,
  separator: string,
): { value: string; end: number } | { message: string } {
  let end = start;
  while (end < source.length && source[end] !== separator && source[end] !== "\n" && source[end] !== "\r") end += 1;
  const value = source.slice(start, end);
  return value.includes('"')
    ? { message: "A quote stands in the middle of a field. Double it, and quote the field." }
    : { value, end };
}

function readQuoted(source: string, start: number): { value: string; end: number } | { message: string } {
  let value = "";
  let at = start + 1;
  for (;;) {
    const quote = source.indexOf('"', at);
    if (quote < 0) return { message: "A quoted field isn't closed." };
    value += source.slice(at, quote);
    if (source[quote + 1] !== '"') return { value, end: quote + 1 };
    value += '"';
    at = quote + 2;
  }
}

/** Takes back what `csvOf` put in front of a formula. */
function unguarded(cell: string): string {
  return /^'+[=+\-@\t\r]/.test(cell) ? cell.slice(1) : cell;
}
