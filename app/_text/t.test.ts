import { describe, expect, test } from "vitest";
import { en } from "./en.ts";
import { t } from "./t.ts";

describe("the catalogue", () => {
  test("fills every place it names, and leaves a value's own braces alone", () => {
    expect(t("pager.range", { from: 1, to: 25, total: 66 })).toBe("1 to 25 of 66");
    expect(t("server.more", { name: "{total}" })).toBe("More for {total}");
  });

  test("never says notebook, instance or workspace for a server", () => {
    for (const sentence of Object.values(en)) expect(sentence).not.toMatch(/notebook|instance|workspace/i);
  });
});
