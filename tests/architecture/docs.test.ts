import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { loadConfig } from "#server/config/load.ts";
import { generatedPages } from "../../docs/pages.ts";

const root = path.resolve(import.meta.dirname, "../..");
const read = (file: string) => readFileSync(path.join(root, file), "utf8");

describe("documentation", () => {
  test.each(Object.entries(generatedPages()))(
    "docs/%s is what the program says; `npm run docs` writes it",
    (name, text) => {
      expect(read(path.join("docs", name))).toBe(text);
    },
  );

  test("the README's berth.yaml is five lines and loads", () => {
    const example = /```yaml\n# berth\.yaml\n([^`]+)```/.exec(read("README.md"))?.[1] ?? "";
    expect(example.trimEnd().split("\n")).toHaveLength(5);
    const folder = mkdtempSync(path.join(tmpdir(), "berth-readme-"));
    const file = path.join(folder, "berth.yaml");
    writeFileSync(file, example);
    expect(loadConfig({ file, environment: {} })).toMatchObject({ ok: true, warnings: [] });
    rmSync(folder, { recursive: true });
  });

  test("the profiles of docs/groups.md load", () => {
    const example = /```yaml\n(singleuser:[^`]+)```/.exec(read("docs/groups.md"))?.[1] ?? "";
    const folder = mkdtempSync(path.join(tmpdir(), "berth-docs-"));
    const file = path.join(folder, "berth.yaml");
    writeFileSync(file, example);
    expect(loadConfig({ file, environment: {} })).toMatchObject({ ok: true, warnings: [] });
    expect(example).toContain("allowed_groups");
    rmSync(folder, { recursive: true });
  });

  test("links between the pages lead to files that exist", () => {
    for (const page of ["README.md", "docs/how-it-fits.md", "docs/deploying.md"]) {
      const links = [...read(page).matchAll(/\]\((?!https?:)([^)#]+)/g)].map(([, to]) => to ?? "");
      expect(links.length).toBeGreaterThan(0);
      for (const to of links) expect(existsSync(path.join(root, path.dirname(page), to)), `${page}: ${to}`).toBe(true);
    }
  });
});
