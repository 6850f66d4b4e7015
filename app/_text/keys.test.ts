import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { en } from "./en.ts";

const texts = import.meta.dirname;
const sourceOf = (file: string) => readFileSync(file, "utf8");
const isCode = (name: string) => /\.tsx?$/.test(name) && !name.endsWith(".test.ts");

test("every sentence is on a page", () => {
  const app = path.join(texts, "..");
  const pages = readdirSync(app, { recursive: true, encoding: "utf8" })
    .filter((name) => isCode(name) && !name.startsWith("_text"))
    .map((name) => sourceOf(path.join(app, name)))
    .join("\n");
  const built = [...pages.matchAll(/`((?:[\w.]|\$\{[^{}]+\})+)`/g)].map(
    ([, template = ""]) => new RegExp(`^${template.replaceAll(".", "\\.").replaceAll(/\$\{[^{}]+\}/g, "[\\w-]+")}$`),
  );
  const unused = Object.keys(en).filter(
    (key) => !pages.includes(`"${key}"`) && !built.some((shape) => shape.source.includes("\\.") && shape.test(key)),
  );
  expect(unused).toEqual([]);
});

test("no key has two sentences", () => {
  const keys = readdirSync(texts)
    .filter(isCode)
    .flatMap((name) => [...sourceOf(path.join(texts, name)).matchAll(/^ {2}"?([\w.-]+)"?:/gm)].map(([, key]) => key));
  expect(keys.filter((key, at) => keys.indexOf(key) !== at)).toEqual([]);
});
