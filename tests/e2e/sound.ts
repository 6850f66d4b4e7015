import AxeBuilder from "@axe-core/playwright";
import { expect, type Page } from "@playwright/test";

/** A phone and a desk. */
const widths = [390, 1440] as const;
const rules = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

/** No axe violation, no sideways scrolling, as the page stands; with BERTH_TEST_SHOTS, a picture too. */
export async function expectSound(page: Page, name: string): Promise<void> {
  await picture(page, name);
  // Not of WCAG: an open menu hangs at the end of the body, outside every landmark, as ARIA's own examples do.
  await expectNoViolation(new AxeBuilder({ page }).withTags(rules).disableRules(["region"]), name);
  const overflow = await page.evaluate(
    () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
  );
  expect(overflow, `${name} scrolls sideways`).toBeLessThanOrEqual(0);
}

/**
 * `expectSound` at 390 and 1440 px, light and dark. In the dark only colours differ, so axe looks at them alone. `open` shows the
 * page before each width; without it what stands open stays open.
 */
export async function expectSoundInEveryLook(page: Page, name: string, open?: () => Promise<void>): Promise<void> {
  for (const width of widths) {
    await page.setViewportSize({ width, height: 900 });
    await page.emulateMedia({ colorScheme: "light", reducedMotion: "reduce" });
    await open?.();
    await expect(page.locator("html")).toHaveAttribute("data-theme", "light");
    await expectSound(page, `${name}-${width}-light`);
    await page.emulateMedia({ colorScheme: "dark", reducedMotion: "reduce" });
    await expect(page.locator("html")).toHaveAttribute("data-theme", "dark");
    await picture(page, `${name}-${width}-dark`);
    await expectNoViolation(new AxeBuilder({ page }).withRules(["color-contrast"]), `${name}-${width}-dark`);
  }
}

async function picture(page: Page, name: string): Promise<void> {
  const folder = process.env.BERTH_TEST_SHOTS;
  if (folder !== undefined) await page.screenshot({ path: `${folder}/${name}.png`, fullPage: true });
}

async function expectNoViolation(axe: AxeBuilder, name: string): Promise<void> {
  // The other way opens a page of its own for every look, for frames of other origins: there are none.
  const { violations } = await axe.setLegacyMode().analyze();
  const said = violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(" ")}`);
  expect(said, name).toEqual([]);
}
