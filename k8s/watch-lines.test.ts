import { expect, test } from "vitest";
import { linesOf } from "./watch-lines.ts";

async function linesFrom(text: string, size: number): Promise<string[]> {
  const bytes = Buffer.from(text);
  async function* chunks() {
    for (let from = 0; from < bytes.length; from += size) yield bytes.subarray(from, from + size);
  }
  const lines: string[] = [];
  for await (const line of linesOf(chunks())) lines.push(line);
  return lines;
}

test.each([1, 2, 3, 5, 7, 1000])(
  "lines come out whole when the stream comes in pieces of %i bytes; a cut-off one does not",
  async (size) => {
    expect(await linesFrom('{"a":"ü"}\n\n{"b":"€"}\n{"cut', size)).toEqual(['{"a":"ü"}', '{"b":"€"}']);
  },
);
