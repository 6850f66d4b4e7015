/** `-o json` prints the answer for programs; without it, a table or a sentence for people. */
export type OutputFormat = "table" | "json";

export type Column<T> = { readonly title: string; readonly value: (item: T) => string };

export function printItems<T>(format: OutputFormat, items: readonly T[], columns: readonly Column<T>[]): void {
  if (format === "json") printJson(items);
  else if (items.length === 0) write("Nothing to list.");
  else printTable(items, columns);
}

function printTable<T>(items: readonly T[], columns: readonly Column<T>[]): void {
  const rows = [
    columns.map((column) => column.title),
    ...items.map((item) => columns.map((column) => column.value(item))),
  ];
  const widths = columns.map((_, at) => Math.max(...rows.map((row) => (row[at] ?? "").length)));
  for (const row of rows)
    write(
      row
        .map((cell, at) => cell.padEnd(widths[at] ?? 0))
        .join("  ")
        .trimEnd(),
    );
}

export function printAnswer(format: OutputFormat, answer: unknown, sentence: string): void {
  if (format === "json") printJson(answer);
  else write(sentence);
}

export function printJson(value: unknown): void {
  write(JSON.stringify(value, null, 2));
}

export function write(line: string): void {
  process.stdout.write(`${line}\n`);
}

export function formatBytes(bytes: number): string {
  const gib = bytes / 1024 ** 3;
  return gib >= 1 ? `${Number(gib.toFixed(1))} GB` : `${Math.round(bytes / 1024 ** 2)} MB`;
}
