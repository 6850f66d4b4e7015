import { readFile } from "node:fs/promises";
import { type Browser, expect, type Page, test } from "@playwright/test";
import { testJupyter } from "#tests/jupyter.ts";
import { newHome, type RunningBerth, removeHome, startBerth } from "./berth.ts";
import { addUser } from "./command-line.ts";
import { inJupyterLab, logIn, stopServer } from "./journey.ts";
import { expectSoundInEveryLook } from "./sound.ts";

/** What an admin changes, and what the people it is for see of it; a real hub, database and JupyterLab. */
test.describe("what an admin changes, local", () => {
  let berth: RunningBerth;
  let page: Page;
  let ana: Page;

  test.beforeAll(async ({ browser }) => {
    test.setTimeout(300_000);
    const jupyter = await testJupyter();
    berth = await startBerth({ home: newHome(), config: `spawner: { jupyter: ${jupyter} }\n` });
    page = await pageOf(browser);
    await page.goto(berth.adminLink ?? "");
    await page.getByRole("button", { name: "Sign in as admin" }).click();
    await expect(page.getByRole("heading", { name: "My servers" })).toBeVisible();
    ana = await pageOf(browser);
    await logIn(ana, berth.url, "ana", addUser(berth, "ana"));
  });
  test.afterAll(async () => {
    await berth?.stop();
    if (berth) removeHome(berth.home);
  });

  test("an announcement is on everybody's pages until it is put off, and gone once it is deleted", async () => {
    const message = "On Sunday the portal is updated.";
    await page.goto(`${berth.url}/hub/admin/announcements`);
    await expect(page.getByText("There are no announcements.")).toBeVisible();
    await page.getByRole("button", { name: "New announcement" }).click();
    await page.getByLabel("Message").fill(message);
    await page.getByLabel("Kind").selectOption({ label: "Warning" });
    await expectSoundInEveryLook(page, "admin-new-announcement");
    await page.getByRole("button", { name: "Save" }).click();
    const line = page.getByRole("row", { name: message });
    await expect(line).toContainText("Shown now");
    await ana.goto(`${berth.url}/hub/home`);
    await expect(ana.getByText(message)).toBeVisible();
    await expectSoundInEveryLook(page, "admin-announcements");

    await page.getByRole("button", { name: `Change “${message}”` }).click();
    await page.getByLabel("Shown from").fill("2099-03-01T09:00");
    await page.getByRole("button", { name: "Save" }).click();
    await expect(line).toContainText("Planned");
    await ana.reload();
    await expect(ana.getByRole("heading", { name: "My servers" })).toBeVisible();
    await expect(ana.getByText(message)).toHaveCount(0);

    await page.getByRole("button", { name: `Delete “${message}”` }).click();
    await page.getByRole("alertdialog").getByRole("button", { name: "Delete" }).click();
    await expect(page.getByText("There are no announcements.")).toBeVisible();
  });

  test("a home is deleted by typing its name, and brought back", async () => {
    test.setTimeout(240_000);
    await ana.goto(`${berth.url}/hub/spawn`);
    await expect(ana).toHaveURL(/\/hub\/spawn-pending\/|\/user\/|\/hub\/spawn/);
    const start = ana.getByRole("button", { name: "Start", exact: true });
    await start.click();
    await inJupyterLab(ana);
    await page.goto(`${berth.url}/hub/admin/homes`);
    const line = page.getByRole("row", { name: /ana/ });
    await line.getByRole("button", { name: /Delete the home/ }).click();
    const question = page.getByRole("alertdialog");
    const submit = question.getByRole("button", { name: "Delete the home" });
    await expect(submit).toBeDisabled();
    const label = (await question.locator("label").textContent()) ?? "";
    await question.getByRole("textbox").fill(label.replace(/^.*: /, ""));
    await submit.click();
    await expect(question.getByText("Stop it first.")).toBeVisible();

    await stopServer(ana, berth.url);
    await submit.click();
    await expect(line).toContainText("deleted; its files go on");
    await line.getByRole("button", { name: /Bring the home/ }).click();
    await expect(line.getByRole("button", { name: /Delete the home/ })).toBeVisible();
    await expect(line).not.toContainText("deleted;");
    await expect(page.getByText(/It can be brought back until/)).toHaveCount(0);

    await page.getByLabel("State").selectOption({ label: "In use" });
    await line.getByRole("button", { name: /Delete the home/ }).click();
    await question.getByRole("textbox").fill(label.replace(/^.*: /, ""));
    await submit.click();
    await expect(page.getByText(/It can be brought back until/)).toBeVisible();
    await expect(line).toHaveCount(0);
    await expectSoundInEveryLook(page, "admin-home-deleted");
    await page.getByRole("button", { name: "Undo" }).click();
    await expect(line).toBeVisible();
    await expect(page.getByText(/It can be brought back until/)).toHaveCount(0);
  });

  test("disabling says what ends first, and it has ended; the home is kept", async () => {
    await page.goto(`${berth.url}/hub/admin/users/ana`);
    await page.getByRole("button", { name: "Disable …" }).click();
    await expect(page.getByRole("alertdialog")).toContainText("Logins that end, in every browser: 1");
    await expectSoundInEveryLook(page, "admin-disable-user");
    await page.getByRole("alertdialog").getByRole("button", { name: "Disable" }).click();
    await expect(page.getByText(/Disabled since/)).toBeVisible();
    await expect(page.getByText("They are not logged in anywhere.")).toBeVisible();
    await ana.goto(`${berth.url}/hub/home`);
    await expect(ana).toHaveURL(/\/hub\/login/);
    await page.goto(`${berth.url}/hub/admin/homes`);
    await expect(page.getByRole("row", { name: /ana/ })).not.toContainText("deleted;");
    await page.goto(`${berth.url}/hub/admin/users/ana`);
    await page.getByRole("button", { name: "Enable …" }).click();
    await page.getByRole("alertdialog").getByRole("button", { name: "Enable" }).click();
    await expect(page.getByText("Active", { exact: true })).toBeVisible();
  });

  test("the audit log says who did it to whom, and goes into a file", async () => {
    await page.goto(`${berth.url}/hub/admin/audit`);
    await page.getByLabel("Action", { exact: true }).fill("user.disable");
    await expect(page.getByRole("cell", { name: "user.disable" })).toHaveCount(1);
    await expect(page.getByRole("cell", { name: "announcement.create" })).toHaveCount(0);
    await page.getByRole("button", { name: "Details: admin" }).click();
    await expect(page.getByText("From the address")).toBeVisible();
    await expect(page.getByText("sessionsEnded", { exact: true })).toBeVisible();
    await expectSoundInEveryLook(page, "admin-audit-details");
    const downloading = page.waitForEvent("download");
    await page.getByRole("button", { name: "Export as CSV" }).click();
    const text = await readFile(await (await downloading).path(), "utf8");
    expect(text).toContain("user.disable");
    expect(text).not.toContain("announcement.create");
  });

  test("a user's page of nobody says so", async () => {
    await page.goto(`${berth.url}/hub/admin/users/nobody`);
    await expect(page.getByText("There is no user called “nobody”.").first()).toBeVisible();
  });
});

async function pageOf(browser: Browser): Promise<Page> {
  return await (await browser.newContext()).newPage();
}
