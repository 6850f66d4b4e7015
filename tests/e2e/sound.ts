import AxeBuilder from "@axe-core/playwright";
import { expect, type Page } from "@playwright/test";

export const looks = [
  { width: 390, scheme: "light" },
  { width: 390, scheme: "dark" },
  { width: 1440, scheme: "light" },
  { width: 1440, scheme: "dark" },
] as const;

/** No axe violation, no sideways scrolling; with BERTH_TEST_SHOTS, a picture too. */
export async function expectSound(page: Page, name: string): Promise<void> {
  const folder = process.env.BERTH_TEST_SHOTS;
  if (folder !== undefined) await page.screenshot({ path: `${folder}/${name}.png`, fullPage: true });
  const result = await new AxeBuilder({ page })
    .withTags(["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"])
    // Not of WCAG: an open menu hangs at the end of the body, outside every landmark, as ARIA's own examples do.
    .disableRules(["region"])
    .analyze();
  const violations = result.violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(" ")}`);
  expect(violations, name).toEqual([]);
  const overflow = await page.evaluate(
    () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
  );
  expect(overflow, `${name} scrolls sideways`).toBeLessThanOrEqual(0);
}
