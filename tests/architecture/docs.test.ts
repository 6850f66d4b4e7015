import { readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { loadConfig } from "#server/config/load.ts";
import { readYaml } from "#server/config/yaml-source.ts";
import { generatedPages } from "../../docs/pages.ts";

const root = path.resolve(import.meta.dirname, "../..");
const read = (file: string) => readFileSync(path.join(root, file), "utf8");

describe("documentation", () => {
  test.each(Object.entries(generatedPages()))("docs/%s is what the program says; `npm run docs` writes it", (name, text) => {
    expect(read(path.join("docs", name))).toBe(text);
  });

  test("the README's berth.yaml is five lines and loads", () => {
    const example = /```yaml\n# berth\.yaml\n([^`]+)```/.exec(read("README.md"))?.[1] ?? "";
    expect(example.trimEnd().split("\n")).toHaveLength(5);
    const read_ = readYaml("berth.yaml", example);
    expect(read_.ok).toBe(true);
  });

  test("links between the pages lead to files that exist", () => {
    for (const page of ["README.md", "docs/how-it-fits.md", "docs/deploying.md"]) {
      const links = [...read(page).matchAll(/\]\((?!https?:)([^)#]+)/g)].map(([, to]) => to ?? "");
      expect(links.length).toBeGreaterThan(0);
      for (const to of links) expect(() => read(path.join(path.dirname(page), to)), `${page}: ${to}`).not.toThrow();
    }
  });
});
