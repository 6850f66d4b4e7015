import { expect, test } from "vitest";
import { inkOn } from "./ink.ts";

test("text on the institution's colour can be read on the darkest and the lightest (WCAG 2.2, 1.4.3)", () => {
  expect(inkOn("#000000")).toBe("#ffffff");
  expect(inkOn("#ffffff")).toBe("#000000");
  expect(inkOn("#ffcc00")).toBe("#000000");
  expect(inkOn("#2458b8")).toBe("#ffffff");
});

test("whatever colour is chosen, the text on it has a contrast of 4.5:1 at least", () => {
  const steps = Array.from({ length: 18 }, (_, step) => step * 15);
  const linear = (value: number) =>
    value <= 0.04045 * 255 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4;
  const worst = Math.min(
    ...steps.flatMap((r) =>
      steps.flatMap((g) =>
        steps.map((b) => {
          const luminance = 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
          const colour = `#${[r, g, b].map((value) => value.toString(16).padStart(2, "0")).join("")}`;
          return inkOn(colour) === "#ffffff" ? 1.05 / (luminance + 0.05) : (luminance + 0.05) / 0.05;
        }),
      ),
    ),
  );
  expect(worst).toBeGreaterThanOrEqual(4.5);
});
