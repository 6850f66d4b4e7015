import { expect, type Page, test } from "@playwright/test";
import { ClusterBerth } from "./cluster-berth.ts";
import { inJupyterLab } from "./journey.ts";

/** Done-when of the groups' job on a real Kubernetes: what somebody sees of the culler, with the shortest times there are. */
const cull = { enabled: true, timeout: 60, every: 10, warnSeconds: 30 };
const extend = "Keep it running for another hour";

test.describe("culling on Kubernetes, a namespace per group", () => {
  let it: ClusterBerth;

  test.beforeAll(async ({ browser }) => {
    test.setTimeout(240_000);
    it = await ClusterBerth.start(browser, "a namespace per group", { cull });
  });
  test.afterAll(async () => await it?.remove());

  /** Somebody who loads the portal's first page now and then: by itself it asks every half minute, as long as the whole warning here. */
  async function looksUntil(page: Page, text: RegExp, seconds: number): Promise<void> {
    await expect(async () => {
      await page.goto(`${it.url}/hub/home`);
      await expect(page.getByText(text)).toBeVisible({ timeout: 2000 });
    }).toPass({ timeout: seconds * 1000 });
  }

  test("an idle server's stop is announced in the portal and in JupyterLab, put off there with one click, announced again, and then it stops and the home page says what, when and why", async () => {
    test.setTimeout(240_000);
    const { people } = it;
    await people.makeGroup("drama", { managers: [], members: ["dina"] });
    const lab = await people.page("dina");
    const home = await lab.context().newPage();
    await lab.goto(`${it.url}/hub/spawn`);
    await lab.getByRole("button", { name: "Start", exact: true }).click();
    await inJupyterLab(lab);

    await looksUntil(home, /Stops in \d+ s/, 90);
    const announced = await home.locator("time", { hasText: "Stops in" }).getAttribute("datetime");
    await expect(home.getByRole("button", { name: extend })).toBeVisible();
    const notice = lab.getByRole("status").filter({ hasText: "This server stops in" });
    // JupyterLab's page looks every 30 s and when it comes to the front, which a page of these tests never leaves.
    await lab.evaluate(() => document.dispatchEvent(new Event("visibilitychange")));
    await expect(notice).toContainText(/This server stops in \d+ s/);
    await notice.getByRole("button", { name: extend }).click();
    await expect(notice).toHaveCount(0);
    await home.reload();
    await expect(home.getByText("Running", { exact: true })).toBeVisible();
    await expect(home.getByText(/Stops in/)).toHaveCount(0);
    await expect
      .poll(() => Date.now(), { timeout: 60_000, message: "what was announced is over" })
      .toBeGreaterThan(Date.parse(announced ?? "") + cull.every * 1000);
    expect(await it.runningPods("drama")).toHaveLength(1);

    await people.mutate(home, "culling.keepUntil", { user: "dina", name: "", until: null });
    await looksUntil(home, /Stops in \d+ s/, 30);
    expect(await it.runningPods("drama")).toHaveLength(1);
    const stopped = /This server was stopped because nobody used it\. Your files are in your home\./;
    await looksUntil(home, stopped, 60);
    const when = await home.getByText(stopped).locator("time").getAttribute("datetime");
    expect(Math.abs(Date.now() - Date.parse(when ?? ""))).toBeLessThan(20_000);
    await expect.poll(async () => (await it.objects("drama", "pods")).length, { timeout: 30_000 }).toBe(0);
    expect(await it.objects("drama", "persistentvolumeclaims")).toHaveLength(1);
    await expect(home.getByRole("button", { name: "Start again" })).toBeVisible();
  });
});
