import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
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

  test.each([
    ["docs/groups.md", /```yaml\n(singleuser:[^`]+)```/, "allowed_groups"],
    ["docs/tutorial.md", /```yaml\n(portal:[^`]+)```/, "profileList"],
    // Values of the chart, of which each is a key of berth.yaml as well.
    ["docs/tutorial.md", /```yaml\n(# config.yaml[^`]+)```/, "guarantee"],
  ])("the configuration in %s loads", (page, where, part) => {
    const example = where.exec(read(page))?.[1] ?? "";
    const folder = mkdtempSync(path.join(tmpdir(), "berth-docs-"));
    const file = path.join(folder, "berth.yaml");
    writeFileSync(file, example);
    expect(loadConfig({ file, environment: {} })).toMatchObject({ ok: true, warnings: [] });
    expect(example).toContain(part);
    rmSync(folder, { recursive: true });
  });

  test("links between the pages lead to files that exist", () => {
    const docs = readdirSync(path.join(root, "docs")).filter((name) => name.endsWith(".md"));
    for (const page of ["README.md", ...docs.map((name) => `docs/${name}`)]) {
      const links = [...read(page).matchAll(/\]\((?!https?:)([^)#]+)/g)].map(([, to]) => to ?? "");
      for (const to of links) expect(existsSync(path.join(root, path.dirname(page), to)), `${page}: ${to}`).toBe(true);
    }
  });
});
