import { expect, test } from "./portal-fixture.ts";

const sentence =
  /The cluster hasn't answered since \d\d:\d\d\. Your servers still run; new starts wait until it answers\./;

test("F-04: while the cluster doesn't answer every page says since when, without a word of UTC, and stops saying it by itself", async ({
  quietPage: page,
  portal,
  logIn,
}) => {
  await logIn("student-004");
  const { state } = portal.hub;
  await page.goto(`${portal.url}/hub/home`);
  await expect(page.getByRole("heading", { name: "My servers" })).toBeVisible();
  await expect(page.getByText("hasn't answered since")).toHaveCount(0);
  const today = new Date();
  today.setHours(0, 3, 0, 0);
  state.backendAwaySince = today;
  try {
    for (const path of ["home", "spawn", "token"]) {
      await page.goto(`${portal.url}/hub/${path}`);
      await expect(page.getByRole("status").filter({ hasText: sentence }), path).toBeVisible();
      await expect(page.getByText("since 00:03"), path).toBeVisible();
    }
    for (const width of [390, 1440]) {
      await page.setViewportSize({ width, height: 900 });
      await page.goto(`${portal.url}/hub/home`);
      await expect(page.getByText("since 00:03")).toBeVisible();
      const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
      expect(overflow, `${width} px`).toBeLessThanOrEqual(0);
      await page.screenshot({ path: test.info().outputPath(`away-${width}.png`) });
    }
  } finally {
    state.backendAwaySince = null;
  }
  await expect(page.getByText("hasn't answered since")).toHaveCount(0, { timeout: 40_000 });
});
