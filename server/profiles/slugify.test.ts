import { expect, test } from "vitest";
import { slugify } from "./slugify.ts";

/** Expected values come from python-slugify 8.0.4 with text-unidecode. */
test.each([
  ["Minimal environment", "minimal-environment"],
  ["GPU (A100), 40 GB", "gpu-a100-40-gb"],
  ["1,000 cores", "1000-cores"],
  ["Ana's server", "ana-s-server"],
  ["Größe – klein", "grosse-klein"],
  ["  --a__b--  ", "a-b"],
  ["R & RStudio", "r-rstudio"],
  ["Łódź", "lodz"],
])("the profile %j gets the slug %j, as in KubeSpawner", (name, slug) => expect(slugify(name)).toBe(slug));

test("a name without a Latin letter or digit gives no slug", () => expect(slugify("数据")).toBe(""));
