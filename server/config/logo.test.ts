import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readLogo } from "./logo.ts";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), "berth-logo-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function fileOf(content: string | Buffer): string {
  const file = path.join(folder, "logo");
  writeFileSync(file, content);
  return file;
}

describe("the portal's logo", () => {
  test.each([
    '<svg xmlns="http://www.w3.org/2000/svg"/>',
    '\ufeff<?xml version="1.0"?>\n<!-- drawn by hand -->\n<svg viewBox="0 0 1 1"></svg>',
    '<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "svg11.dtd">\n<svg></svg>',
  ])("%j is an SVG", (text) => {
    expect(readLogo(fileOf(text))).toEqual({ contentType: "image/svg+xml", body: Buffer.from(text) });
  });

  test("a PNG is known by its first bytes, whatever the file is called", () => {
    const body = Buffer.concat([Buffer.from("\x89PNG\r\n\x1a\n", "latin1"), Buffer.alloc(100)]);
    expect(readLogo(fileOf(body))).toEqual({ contentType: "image/png", body });
  });

  test.each(["", "<html><svg></svg></html>", "GIF89a", '<script xmlns="x"/>', "<svgx/>"])("%j is refused", (text) => {
    expect(() => readLogo(fileOf(text))).toThrow("neither an SVG nor a PNG");
  });

  test("256 KiB are the most", () => {
    const svg = `<svg>${" ".repeat(256 * 1024 - 11)}</svg>`;
    expect(readLogo(fileOf(svg))?.body.length).toBe(256 * 1024);
    expect(() => readLogo(fileOf(`${svg} `))).toThrow("larger than 256 KiB");
  });

  test("a file that isn't there is named; without one there is no logo", () => {
    expect(() => readLogo(path.join(folder, "none"))).toThrow(/portal\.logoFile: .*none can't be read/);
    expect(readLogo(undefined)).toBeNull();
  });
});
