import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { csvOf } from "./csv.ts";
import { parseCsv } from "./parse-csv.ts";

const cell = fc.oneof(
  fc.string({ unit: "grapheme" }),
  fc.string({ unit: fc.constantFrom("'", '"', ",", ";", "\n", "\r", "=", "+", "-", "@", "\t", " ", "a") }),
);
/** A line of one empty field is an empty line. */
const row = fc.array(cell, { minLength: 1, maxLength: 5 }).filter((cells) => cells.length > 1 || cells[0] !== "");
const cellsOf = (text: string) => parseCsv(text).rows.map((parsed) => parsed.cells);

describe("CSV", () => {
  test("whatever is written reads back the same, behind a heading", () => {
    fc.assert(
      fc.property(fc.array(row), (rows) => {
        const all = [["user", "role"], ...rows];
        expect(parseCsv(csvOf(all)).fault).toBeNull();
        expect(cellsOf(csvOf(all))).toEqual(all);
      }),
      { numRuns: 2000 },
    );
  });

  test("S-09: no field that is written begins as a spreadsheet's formula does", () => {
    fc.assert(
      fc.property(cell, (text) => {
        const written = csvOf([["a", text]]).slice("a,".length, -"\r\n".length);
        const shown = written.startsWith('"') ? written.slice(1, -1).replaceAll('""', '"') : written;
        // A number is no formula, with a minus in front either.
        if (!/^-?\d+(?:\.\d+)?$/.test(shown)) expect(shown).not.toMatch(/^[=+\-@\t\r]/);
      }),
      { numRuns: 2000 },
    );
  });

  test.each([
    ["a byte order mark, CRLF, LF and CR", "\uFEFFuser,role\r\nana,member\nbob,\rcy,x", 4],
    ["quotes, commas and line breaks in a field", 'user,role\r\n"a ""b"", c\nd",member\r\n', 2],
    ["semicolons", "user;role\na,b;member\n", 2],
    ["empty lines", "\n\nuser,role\n\nana,member\n\n", 2],
    ["no end of line at the end", "user", 1],
    ["nothing", "", 0],
  ])("reads %s", (_what, text, rows) => {
    expect(parseCsv(text)).toMatchObject({ fault: null });
    expect(parseCsv(text).rows).toHaveLength(rows);
  });

  test("lines are counted as an editor counts them, those inside a field too", () => {
    const { rows } = parseCsv('user\r\n"a\nb\nc"\r\n\r\nana\n');
    expect(rows.map(({ line }) => line)).toEqual([1, 2, 6]);
  });

  test.each([
    ['user\nana\n"bob\ncy\n', 3, /isn't closed/],
    ['user\nan"a\n', 2, /quote stands in the middle/],
    ['user\n"ana" x\n', 2, /behind a closing quote/],
  ])("%j is refused with its line", (text, line, message) => {
    expect(parseCsv(text).fault).toMatchObject({ line, message: expect.stringMatching(message) });
  });

  test("any text at all is read or refused, in a time that grows with its length alone", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('"', ",", ";", "\n", "\r", "a", "\uFEFF"), maxLength: 200 }),
        (text) => {
          const { rows, fault } = parseCsv(text);
          expect(fault === null || fault.line >= 1).toBe(true);
          expect(rows.every((one) => one.line >= 1)).toBe(true);
        },
      ),
    );
    const started = performance.now();
    parseCsv(`user\n${'"'.repeat(400_000)}`);
    parseCsv(`user\n${",".repeat(400_000)}`);
    expect(performance.now() - started).toBeLessThan(2000);
  });
});
