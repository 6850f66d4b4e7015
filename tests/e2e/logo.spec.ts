import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, test } from "@playwright/test";
import { sessionCookieName } from "#server/auth/cookies.ts";
import { type FakePortal, startFakePortal } from "#tests/fakes/portal.ts";

/** A picture that would take over the portal if it were let. */
const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 120 40" width="120" height="40" onload="document.title='ran'">
<style>rect{fill:#7a003c}</style><rect width="120" height="40"/>
<script>document.documentElement.setAttribute("data-ran", "yes"); fetch("/hub/api/user");</script></svg>`;
let folder: string;
let portal: FakePortal;

test.beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), "berth-logo-"));
  const file = path.join(folder, "logo.svg");
  writeFileSync(file, svg);
  portal = await startFakePortal({ environment: { BERTH_WEB_LOGO_FILE: file, BERTH_WEB_NAME: "Harbour" } });
});
test.afterAll(async () => {
  await portal?.stop();
  rmSync(folder, { recursive: true, force: true });
});

test("the institution's logo is on the login page and in the header, as a picture", async ({ page, context }) => {
  const shown = () =>
    page.locator('img[src="/hub/logo"]').evaluate((img: HTMLImageElement) => [img.complete, img.naturalWidth]);
  await page.goto(`${portal.url}/hub/login`);
  await expect.poll(shown).toEqual([true, 120]);
  const value = await portal.hub.sessionFor("ana");
  await context.addCookies([{ name: sessionCookieName(portal.url), value, url: portal.url, httpOnly: true }]);
  await page.goto(`${portal.url}/hub/home`);
  await expect(page.locator('header img[src="/hub/logo"]')).toBeVisible();
  await expect.poll(shown).toEqual([true, 120]);
});

test("opened by its address it runs no script and asks for nothing", async ({ page }) => {
  const asked: string[] = [];
  page.on("request", (request) => asked.push(new URL(request.url()).pathname));
  const answer = await page.goto(`${portal.url}/hub/logo`);
  expect(answer?.headers()).toMatchObject({ "content-type": "image/svg+xml", "x-content-type-options": "nosniff" });
  expect(answer?.headers()["content-security-policy"]).toMatch(/^default-src 'none';.*; sandbox$/);
  expect(await answer?.text()).toBe(svg);
  await page.waitForLoadState("networkidle");
  expect(asked.filter((one) => !one.endsWith(".ico"))).toEqual(["/hub/logo"]);
  expect(await page.locator("svg").getAttribute("data-ran")).toBeNull();
});
