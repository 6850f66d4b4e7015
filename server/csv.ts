/**
 * Rows as CSV (RFC 4180). A cell a spreadsheet would run as a formula gets an apostrophe in front
 * (OWASP "CSV Injection"): names are chosen by people.
 */
export function csvOf(rows: readonly (readonly string[])[]): string {
  return rows.map((row) => `${row.map(cell).join(",")}\r\n`).join("");
}

function cell(text: string): string {
  const isNumber = /^-?\d+(\.\d+)?$/.test(text);
  // An apostrophe that is there already gets another: `parseCsv` takes one away again.
  const safe = !isNumber && /^'*[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",;\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
