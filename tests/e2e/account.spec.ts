import { type Browser, expect, type Page, test } from "@playwright/test";
import { testJupyter } from "#tests/jupyter.ts";
import { newHome, type RunningBerth, removeHome, startBerth } from "./berth.ts";
import { addUser, runBerth } from "./command-line.ts";
import { inJupyterLab, logIn } from "./journey.ts";
import { expectSoundInEveryLook } from "./sound.ts";

/** What belongs to one person: the password, the servers, and who was let into them. A real hub, database and JupyterLab, an origin a user. */
test.describe("one's own account", () => {
  let berth: RunningBerth;
  let ana: Page;
  let password: string;

  test.beforeAll(async ({ browser }) => {
    test.setTimeout(300_000);
    const jupyter = await testJupyter();
    const hub = "{ publicUrl: 'http://hub.localhost:{port}', subdomainHost: 'users.localhost:{port}' }";
    berth = await startBerth({ home: newHome(), config: `hub: ${hub}\nspawner: { jupyter: ${jupyter} }\n` });
    password = addUser(berth, "ana");
    ana = await pageOf(browser);
    await logIn(ana, berth.url, "ana", password);
  });
  test.afterAll(async () => {
    await berth?.stop();
    if (berth) removeHome(berth.home);
  });

  test("the password is changed with the old one; each mistake is said at its field; then the other logins have ended", async ({
    browser,
  }) => {
    const elsewhere = await pageOf(browser);
    await logIn(elsewhere, berth.url, "ana", password);
    const next = "a longer sentence than before";
    await ana.goto(`${berth.url}/hub/account`);
    const change = async (current: string, wished: string, again = wished) => {
      await ana.getByLabel("Current password").fill(current);
      await ana.getByLabel("New password", { exact: true }).fill(wished);
      await ana.getByLabel("New password, once more").fill(again);
      await ana.getByRole("button", { name: "Change the password" }).click();
    };
    const field = (label: string) => ana.getByLabel(label, { exact: true });
    await change(password, next, "another");
    await expect(field("New password, once more")).toHaveAccessibleDescription("The two new passwords differ.");
    await change("not the one", next);
    await expect(field("Current password")).toHaveAccessibleDescription("This isn't your current password.");
    await change(password, "short");
    await expect(field("New password")).toHaveAccessibleDescription(/at least/);
    await expectSoundInEveryLook(ana, "account-password");
    await change(password, next);
    await expect(ana.getByText("The password was changed.")).toBeVisible();

    await elsewhere.goto(`${berth.url}/hub/home`);
    await expect(elsewhere).toHaveURL(/\/hub\/login/);
    await elsewhere.getByLabel("User name").fill("ana");
    await elsewhere.getByLabel("Password", { exact: true }).fill(password);
    await elsewhere.getByRole("button", { name: "Log in", exact: true }).click();
    await expect(elsewhere.getByText("The user name or the password is wrong.")).toBeVisible();
    await logIn(elsewhere, berth.url, "ana", next);
    await elsewhere.context().close();
  });

  test("S-91: an admin opens somebody's server only with a reason; it says so in the server, and to its owner who and why", async ({
    browser,
  }) => {
    test.setTimeout(240_000);
    await ana.goto(`${berth.url}/hub/spawn`);
    await ana.getByRole("button", { name: "Start", exact: true }).click();
    await inJupyterLab(ana);
    const made = JSON.parse(runBerth(berth, "-o", "json", "user", "add", "root", "--admin")) as { password: string };
    const root = await pageOf(browser);
    await logIn(root, berth.url, "root", made.password);
    await root.goto(`${berth.url}/hub/admin/servers`);
    const line = root.getByRole("row", { name: /ana/ });
    await line.getByRole("button", { name: /More/ }).click();
    await root.getByRole("menuitem", { name: "Open …" }).click();
    const question = root.getByRole("alertdialog");
    await question.getByRole("button", { name: "Open the server" }).click();
    // Without a reason the form doesn't leave the page.
    await expect(question.getByLabel("Reason")).toBeFocused();
    await expectSoundInEveryLook(root, "open-server");
    await question.getByLabel("Reason").fill("she asked me to look at her kernel");
    await question.getByRole("button", { name: "Open the server" }).click();
    await inJupyterLab(root);
    await expect(root).toHaveURL(/^http:\/\/[^/]*\.users\.localhost/);
    await expect(root.getByRole("status").filter({ hasText: "You are in the server of ana" })).toBeVisible();
    const told = ana.getByRole("status").filter({ hasText: /root may be in this server.*“she asked me to look/ });
    await expect(told).toBeVisible({ timeout: 60_000 });
    await ana.goto(`${berth.url}/hub/account`);
    const opened = ana.getByRole("region", { name: "Who opened your servers" }).getByRole("row", { name: /root/ });
    await expect(opened).toContainText("she asked me to look at her kernel");
    await expectSoundInEveryLook(ana, "account-opened");
    await root.context().close();
  });

  test("a named server that is stopped is deleted, after it is said that its files stay", async () => {
    test.setTimeout(240_000);
    await ana.goto(`${berth.url}/hub/home`);
    await ana.getByLabel("Name", { exact: true }).fill("second");
    await ana.getByRole("button", { name: "Choose a profile" }).click();
    await ana.getByRole("button", { name: "Start", exact: true }).click();
    await inJupyterLab(ana);
    await ana.goto(`${berth.url}/hub/home`);
    const card = ana.getByRole("listitem").filter({ has: ana.getByRole("button", { name: "More for second" }) });
    await card.getByRole("button", { name: "Stop" }).click();
    await expect(card.getByText("Stopped", { exact: true })).toBeVisible({ timeout: 60_000 });
    await ana.getByRole("button", { name: "More for second" }).click();
    await ana.getByRole("menuitem", { name: "Delete" }).click();
    const question = ana.getByRole("alertdialog");
    await expect(question).toContainText("Its home and the files in it are kept.");
    await expectSoundInEveryLook(ana, "delete-server");
    await question.getByRole("button", { name: "Delete the server" }).click();
    await expect(ana.getByRole("button", { name: "More for second" })).toHaveCount(0);
    await ana.reload();
    await expect(ana.getByRole("heading", { name: "My servers" })).toBeVisible();
    await expect(ana.getByRole("heading", { name: "second", exact: true })).toHaveCount(0);
  });
});

async function pageOf(browser: Browser): Promise<Page> {
  return await (await browser.newContext()).newPage();
}
