import { noticeScript } from "#server/edge/notice-script.ts";
import { expect, test } from "./portal-fixture.ts";

test("a stop that is announced counts down on the home page, and one button gives another hour", async ({
  quietPage: page,
  portal,
  logIn,
}) => {
  await logIn("student-005");
  const at = new Date(Date.now() + 8 * 60_000);
  const stop = { at, why: "idle", message: "Nobody has used this server for a while.", canExtend: true } as const;
  portal.hub.state.put({ ownerName: "student-005", name: "", phase: "ready", stop });
  await page.goto(`${portal.url}/hub/home`);
  await expect(page.getByText("Stops in 8 min")).toBeVisible();
  await expect(page.getByText(stop.message)).toBeVisible();
  await page.getByRole("button", { name: "Keep it running for another hour" }).click();
  await expect(page.getByText("Stops in")).toBeHidden();
  expect(portal.hub.state.find("student-005", "")?.keepUntil?.getTime()).toBeGreaterThan(Date.now() + 3_500_000);
});

test("a maximum age is announced without a button that would promise too much", async ({
  quietPage: page,
  portal,
  logIn,
}) => {
  await logIn("student-005");
  const at = new Date(Date.now() + 30_000);
  const stop = { at, why: "max-age", message: "Save your work.", canExtend: false } as const;
  portal.hub.state.put({ ownerName: "student-005", name: "", phase: "ready", stop });
  await page.goto(`${portal.url}/hub/home`);
  await expect(page.getByText(/Stops in \d+ s/)).toBeVisible();
  await expect(page.getByRole("button", { name: /another hour/ })).toHaveCount(0);
});

test("why a server was stopped stays on the home page", async ({ quietPage: page, portal, logIn }) => {
  await logIn("student-005");
  const message = "This server was stopped because nobody used it. Your files are in your home.";
  const lastStop = { at: new Date(Date.now() - 7_200_000), reason: "idle", message, by: "culler" } as const;
  portal.hub.state.put({ ownerName: "student-005", name: "", phase: "stopped", lastStop });
  await page.goto(`${portal.url}/hub/home`);
  await expect(page.getByText(message)).toBeVisible();
  await expect(page.getByText("2 h ago").first()).toBeVisible();
});

test("JupyterLab's page shows the notice, one button gives another hour, and S-91: who else may be in the server", async ({
  page,
}) => {
  const origin = "http://lab.localhost:1";
  let stop: object | null = { inSeconds: 480, message: "Nobody has used this server for a while.", canExtend: true };
  const access: string[] = [];
  const html = '<!doctype html><head><script defer src="/user/ana/_berth/notice.js"></script></head><body>Lab</body>';
  await page.route(`${origin}/**`, async (route) => {
    const path = new URL(route.request().url()).pathname;
    if (path.endsWith("/lab")) return await route.fulfill({ contentType: "text/html", body: html });
    if (path.endsWith("/notice.js")) return await route.fulfill({ contentType: "text/javascript", body: noticeScript });
    if (path.endsWith("/extend")) stop = null;
    return await route.fulfill({ json: path.endsWith("/extend") ? { ok: true } : { stop, access } });
  });
  await page.goto(`${origin}/user/ana/lab`);
  await expect(page.getByRole("status")).toContainText("This server stops in 8 min");
  await expect(page.getByRole("status")).toContainText("Nobody has used this server for a while.");
  await page.getByRole("button", { name: "Keep it running for another hour" }).click();
  await expect(page.getByRole("status")).toHaveCount(0);
  expect(stop).toBeNull();
  access.push("root may be in this server for another 42 min: “she asked me to look”");
  await page.reload();
  await expect(page.getByRole("status")).toHaveText(access);
});
