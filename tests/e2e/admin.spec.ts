import { expect, type Page, test } from "@playwright/test";
import { testJupyter } from "#tests/jupyter.ts";
import { newHome, type RunningBerth, removeHome, startBerth } from "./berth.ts";
import { addUser } from "./command-line.ts";
import { logIn } from "./journey.ts";
import { expectSoundInEveryLook } from "./sound.ts";

/** The administration against a real hub and database. */
test.describe("the administration, local", () => {
  let berth: RunningBerth;
  let page: Page;

  test.beforeAll(async ({ browser }) => {
    test.setTimeout(300_000);
    const jupyter = await testJupyter();
    berth = await startBerth({ home: newHome(), config: `spawner: { jupyter: ${jupyter} }\n` });
    addUser(berth, "ana");
    page = await (await browser.newContext()).newPage();
    await page.goto(berth.adminLink ?? "");
    await page.getByRole("button", { name: "Sign in as admin" }).click();
    await expect(page.getByRole("heading", { name: "My servers" })).toBeVisible();
    await createGroup("history");
  });
  test.afterAll(async () => {
    await berth?.stop();
    if (berth) removeHome(berth.home);
  });

  test("a group that is deleted can be brought back with its members", async () => {
    await createGroup("physics");
    await page.getByRole("button", { name: "Delete …" }).click();
    await expect(page.getByRole("alertdialog")).toContainText("Members who leave the group: 1");
    await page.getByRole("button", { name: "Delete the group" }).click();
    await page.getByRole("button", { name: "Bring physics back" }).click();
    await page.getByRole("link", { name: "physics" }).click();
    await expect(page.getByRole("button", { name: "More for ana" })).toBeVisible();
  });

  test("the audit log finds what was done by its beginning", async () => {
    await page.goto(`${berth.url}/hub/admin/audit`);
    await page.getByLabel("Action", { exact: true }).fill("group");
    await expect(page.getByRole("cell", { name: "group.undo-delete" })).toBeVisible();
    await expect(page.getByRole("cell", { name: "user.create" })).toHaveCount(0);
  });

  test("a person's logins are listed and ended by an admin", async ({ browser }) => {
    const password = addUser(berth, "ben");
    const other = await (await browser.newContext()).newPage();
    await logIn(other, berth.url, "ben", password);
    await page.goto(`${berth.url}/hub/admin/users/ben`);
    await page.getByRole("button", { name: "End all logins" }).click();
    await expect(page.getByText("They are not logged in anywhere.")).toBeVisible();
    await other.goto(`${berth.url}/hub/home`);
    await expect(other).toHaveURL(/\/hub\/login/);
  });

  test("several users are chosen and added to a group at once; where one fails, that one is named and stays chosen", async () => {
    addUser(berth, "cem");
    await page.goto(`${berth.url}/hub/admin/users`);
    await page.getByLabel("Choose ben").check();
    await page.getByLabel("Choose cem").check();
    await page.getByRole("button", { name: "Add to a group" }).click();
    await page.getByLabel("Group", { exact: true }).fill("history");
    await page.getByRole("button", { name: "Add", exact: true }).click();
    await expect(page.getByText("Done for 2.")).toBeVisible();
    await expect(page.getByRole("row", { name: /ben.*history/ })).toBeVisible();
    await page.getByLabel("Choose admin").check();
    await page.getByLabel("Choose cem").check();
    await page.getByRole("button", { name: "Disable", exact: true }).click();
    await page.getByRole("alertdialog").getByRole("button", { name: "Disable" }).click();
    await expect(page.getByText("Done for 1.")).toBeVisible();
    await expect(page.getByText(/^admin: /)).toBeVisible();
    await expect(page.getByLabel("Choose admin")).toBeChecked();
    await expect(page.getByLabel("Choose cem")).not.toBeChecked();
  });

  test("a file of users with a mistake names the line and changes nothing; a good one says what it will do", async () => {
    await page.goto(`${berth.url}/hub/admin/users`);
    await page.getByRole("button", { name: "Import a file" }).click();
    const file = (text: string) => ({ name: "users.csv", mimeType: "text/csv", buffer: Buffer.from(text) });
    await page.getByLabel("File", { exact: true }).setInputFiles(file("user,state\ndora,active\nemil,sleeping\n"));
    await page.getByRole("button", { name: "See what would change" }).click();
    await expect(page.getByText(/^Line 3: /)).toBeVisible();
    await expect(page.getByRole("button", { name: "Make these changes" })).toHaveCount(0);
    await page.getByLabel("File", { exact: true }).setInputFiles(file("user,state\ndora,active\n"));
    await page.getByRole("button", { name: "See what would change" }).click();
    await expect(page.getByText("Create dora")).toBeVisible();
    await page.getByRole("button", { name: "Make these changes" }).click();
    await expect(page.getByText("Done. 1 created, 0 disabled, 0 enabled.")).toBeVisible();
    await page.getByRole("button", { name: "Done", exact: true }).click();
    await expect(page.getByRole("row", { name: /dora/ })).toBeVisible();
  });

  const visits = [
    ["users", "Users"],
    ["users/ana", "ana"],
    ["groups", "history"],
    ["homes", "Homes"],
    ["quotas", "history"],
    ["announcements", "Announcements"],
    ["audit", "group.create"],
    ["usage", "Nothing was used in this time."],
    ["health", "answers."],
  ] as const;
  for (const [path, shows] of visits) {
    test(`admin/${path}: no axe violation (WCAG 2.2 AA), no sideways scrolling, at 390 and 1440 px, light and dark`, async () => {
      await expectSoundInEveryLook(page, `admin-${path.replace("/", "-")}`, async () => {
        await page.goto(`${berth.url}/hub/admin/${path}`);
        await expect(page.getByText(shows).first()).toBeVisible();
      });
    });
  }

  test("a group's page: no axe violation (WCAG 2.2 AA), no sideways scrolling, at 390 and 1440 px, light and dark", async () => {
    await expectSoundInEveryLook(page, "group", async () => {
      await page.goto(`${berth.url}/hub/groups/history`);
      await expect(page.getByRole("button", { name: "More for ana" })).toBeVisible();
      await page.getByRole("button", { name: "Change the quota" }).click();
    });
  });

  /** With ana in it. */
  async function createGroup(name: string): Promise<void> {
    await page.goto(`${berth.url}/hub/admin/groups`);
    await page.getByRole("button", { name: "Create a group" }).click();
    await page.getByLabel("Name", { exact: true }).fill(name);
    await page.getByRole("button", { name: "Create", exact: true }).click();
    await page.getByRole("button", { name: "Add members" }).click();
    await page.getByLabel("User names").fill("ana");
    await page.getByRole("button", { name: "Add", exact: true }).click();
    await expect(page.getByRole("button", { name: "More for ana" })).toBeVisible();
  }
});
