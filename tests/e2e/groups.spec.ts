import { expect, type Page, test } from "@playwright/test";
import superjson from "superjson";
import { newHome, type RunningBerth, removeHome, startBerth } from "./berth.ts";
import { addUser, runBerth } from "./command-line.ts";
import { logIn } from "./journey.ts";
import { expectSound, expectSoundInEveryLook } from "./sound.ts";

/** The group pages against the whole portal on this machine: real verbs, real database. No server is started. */
const config = `
cull: { enabled: true }
spawner: { jupyter: /bin/true }
singleuser:
  profileList:
    - { display_name: Python, default: true }
    - { display_name: Big memory, allowed_groups: [physics] }
`;
const people = ["mia", "ben", "eva"] as const;
const passwords = new Map<string, string>();
let berth: RunningBerth;

test.beforeAll(async ({ browser }) => {
  test.setTimeout(300_000);
  berth = await startBerth({ home: newHome(), config });
  for (const name of people) passwords.set(name, addUser(berth, name));
  const root = JSON.parse(runBerth(berth, "-o", "json", "user", "add", "root", "--admin")) as { password: string };
  passwords.set("root", root.password);
  const page = await browser.newPage();
  await enter(page, "root");
  await mutate(page, "groups.create", { name: "physics", description: "Everybody of the physics course." });
  await mutate(page, "groups.addMembers", { group: "physics", users: ["mia", "ben"] });
  await mutate(page, "groups.setRole", { group: "physics", user: "mia", role: "manager" });
  await mutate(page, "quotas.setCeiling", { group: "physics", ceiling: { cpuLimit: "8", memoryLimit: "16Gi" } });
  await mutate(page, "quotas.setQuota", { group: "physics", quota: { cpuLimit: "4", servers: 3 } });
  await page.close();
});
test.afterAll(async () => {
  await berth?.stop();
  if (berth) removeHome(berth.home);
});

async function enter(page: Page, name: string): Promise<void> {
  await logIn(page, berth.url, name, passwords.get(name) ?? "");
}

async function mutate(page: Page, procedure: string, input: object): Promise<void> {
  const answer = await page.request.post(`${berth.url}/api/trpc/${procedure}`, {
    headers: { origin: new URL(berth.url).origin, "sec-fetch-site": "same-origin" },
    data: superjson.serialize(input),
  });
  expect(answer.status(), `${procedure}: ${await answer.text()}`).toBe(200);
}

async function openGroup(page: Page): Promise<void> {
  await page.getByRole("link", { name: "Groups", exact: true }).click();
  await page.getByRole("link", { name: /of physics|Manage physics/ }).click();
  await expect(page.getByRole("heading", { level: 1, name: "physics" })).toBeVisible();
}

test("a manager raises a quota within the ceiling and is refused beyond it, with the ceiling named at the field", async ({
  page,
}) => {
  await enter(page, "mia");
  await openGroup(page);
  await expect(page.getByText("0 of 4 CPUs")).toBeVisible();
  await page.getByRole("button", { name: "Change the quota" }).click();
  const cpus = page.getByLabel("CPUs", { exact: true });
  await expect(cpus).toHaveValue("4");
  await cpus.fill("9");
  await page.getByRole("button", { name: "Save" }).first().click();
  const refusal = "The ceiling of group physics is 8 CPUs. Stay within it, or ask an admin to raise it.";
  await expect(page.getByRole("alert").filter({ hasText: refusal })).toBeVisible();
  await expect(cpus).toHaveAttribute("aria-invalid", "true");
  await expect(cpus).toHaveValue("9");
  await cpus.fill("8");
  await page.getByRole("button", { name: "Save" }).first().click();
  await expect(page.getByText("0 of 8 CPUs")).toBeVisible();
  await expect(page.getByText("0 of 3 servers")).toBeVisible();
});

test("bad amounts get one sentence at their field and change nothing", async ({ page }) => {
  await enter(page, "mia");
  await openGroup(page);
  await page.getByRole("button", { name: "Change the quota" }).click();
  for (const [label, amount, sentence] of [
    ["Memory", "-1Gi", "“-1Gi” is negative."],
    ["Memory", "lots", "“lots” is no amount here."],
    ["Servers", "2000000", "is more than any cluster has"],
  ] as const) {
    const field = page.getByLabel(label, { exact: true });
    const before = await field.inputValue();
    await field.fill(amount);
    await page.getByRole("button", { name: "Save" }).first().click();
    await expect(page.getByRole("alert").filter({ hasText: sentence })).toBeVisible();
    await expect(field).toHaveAttribute("aria-invalid", "true");
    await field.fill(before);
  }
  await page.reload();
  await page.getByRole("button", { name: "Change the quota" }).click();
  await expect(page.getByLabel("Memory", { exact: true })).toHaveValue("");
  await expect(page.getByLabel("Servers", { exact: true })).toHaveValue("3");
});

test("members come by name, or from a file whose changes are shown before they are made; bad lines are named", async ({
  page,
}) => {
  await enter(page, "mia");
  await openGroup(page);
  await page.getByRole("button", { name: "Add members" }).click();
  await page.getByLabel("User names").fill("nobody-of-this-name");
  await page.getByRole("button", { name: "Add", exact: true }).click();
  await expect(page.getByRole("alertdialog").getByRole("alert")).toContainText("nobody-of-this-name");
  await page.getByLabel("User names").fill("eva");
  await page.getByRole("button", { name: "Add", exact: true }).click();
  const line = page.getByRole("row").filter({ hasText: "eva" });
  await expect(line).toBeVisible();
  await page.getByRole("button", { name: "More for eva" }).click();
  await page.getByRole("menuitem", { name: "Remove from the group" }).click();
  await page.getByRole("alertdialog").getByRole("button", { name: "Remove" }).click();
  await expect(line).toHaveCount(0);
  await page.getByRole("button", { name: "Import a file" }).click();
  const file = (text: string) => ({ name: "members.csv", mimeType: "text/csv", buffer: Buffer.from(text) });
  await page.getByLabel("File", { exact: true }).setInputFiles(file("user,role\nghost,member\n"));
  await page.getByRole("button", { name: "See what would change" }).click();
  await expect(page.getByText(/^Line 2: /)).toBeVisible();
  await expect(page.getByRole("button", { name: "Make these changes" })).toHaveCount(0);
  await page
    .getByLabel("File", { exact: true })
    .setInputFiles(file("user,role\nmia,manager\nben,member\neva,member\n"));
  await page.getByRole("button", { name: "See what would change" }).click();
  await expect(page.getByText("Add eva", { exact: true })).toBeVisible();
  await page.getByRole("button", { name: "Make these changes" }).click();
  await expect(page.getByText("1 added", { exact: false })).toBeVisible();
  await page.getByRole("button", { name: "Done" }).click();
  await expect(line).toBeVisible();
});

test("a member asks for more, the manager grants it with a word, and the member reads it", async ({
  page,
  browser,
}) => {
  await enter(page, "ben");
  await openGroup(page);
  await expect(page.getByRole("button", { name: "Change the quota" })).toHaveCount(0);
  await expect(page.getByRole("heading", { name: "Members" })).toHaveCount(0);
  await page.getByLabel("Your request").fill("One more GPU for my thesis");
  await page.getByRole("button", { name: "Send" }).click();
  await expect(page.getByText("waiting for an answer")).toBeVisible();
  const other = await browser.newContext();
  const manager = await other.newPage();
  await enter(manager, "mia");
  await openGroup(manager);
  await manager.getByLabel("Answer to ben").fill("Until June.");
  await manager.getByRole("button", { name: "Grant the request of ben" }).click();
  await expect(manager.getByText("No requests are waiting.")).toBeVisible();
  await other.close();
  await page.reload();
  await expect(page.getByText("They wrote: “Until June.”")).toBeVisible();
});

test("budget and the rule for idle servers are set, and stay", async ({ page }) => {
  await enter(page, "mia");
  await openGroup(page);
  const budget = page.getByRole("region", { name: "Budget" });
  await budget.getByLabel("Window, in days").fill("14");
  await budget.getByLabel("CPU hours, whole group").fill("500");
  await budget.getByRole("button", { name: "Save" }).click();
  await expect(budget.getByRole("button", { name: "Remove the budget" })).toBeVisible();
  const rule = page.getByRole("region", { name: "When servers stop by themselves" });
  await rule.getByLabel("Stop after this long without activity, in minutes").fill("45");
  await rule.getByRole("button", { name: "Save" }).click();
  await expect(rule.getByRole("status").filter({ hasText: "Saved." })).toBeVisible();
  await page.reload();
  await expect(budget.getByLabel("CPU hours, whole group")).toHaveValue("500");
  await expect(rule.getByLabel("Stop after this long without activity, in minutes")).toHaveValue("45");
});

for (const [who, path, shows] of [
  ["mia", "/hub/groups", "You manage this group"],
  ["mia", "/hub/groups/physics", "Delete this group|Budget"],
  ["root", "/hub/groups/physics", "Delete this group"],
  ["ben", "/hub/groups/physics", "Need more?"],
  ["ben", "/hub/groups/unknown", "isn't allowed|There is no group"],
  ["root", "/hub/groups", "You are in no group"],
] as const)
  test(`${path} as ${who}: no axe violation, no sideways scrolling, one h1, at 390 and 1440 px, light and dark`, async ({
    page,
  }) => {
    await enter(page, who);
    await expectSoundInEveryLook(page, `${path} as ${who}`.replaceAll(/[^a-z]+/g, "-"), async () => {
      await page.goto(`${berth.url}${path}`);
      await expect(page.getByText(new RegExp(shows)).first()).toBeVisible();
      await expect(page.getByRole("heading", { level: 1 })).toHaveCount(1);
      await expect(page.locator(".animate-pulse")).toHaveCount(0);
    });
  });

test("a group that one isn't in is refused with a way back, not with a button that would say the same again", async ({
  page,
}) => {
  await enter(page, "ben");
  await page.goto(`${berth.url}/hub/groups/unknown`);
  const refusal = page.getByRole("alert").filter({ hasText: "isn't allowed" });
  await expect(refusal.getByRole("button")).toHaveCount(0);
  await refusal.getByRole("link", { name: "My servers" }).click();
  await expect(page).toHaveURL(`${berth.url}/hub/home`);
});

test("a manager sets quiet hours for the group: they are there after a reload, and gone when removed", async ({
  page,
}) => {
  await enter(page, "mia");
  await openGroup(page);
  await page.getByRole("button", { name: "Add quiet hours" }).click();
  await page.getByLabel("From", { exact: true }).fill("23:30");
  await page.getByRole("checkbox", { name: "Fri" }).uncheck();
  await page.getByLabel("Time zone").fill("Europe/Nowhere");
  const rules = page.getByRole("region", { name: "When servers stop by themselves" });
  await rules.getByRole("button", { name: "Save" }).click();
  await expect(rules.getByRole("alert")).toContainText("time zone isn't known");
  await page.getByLabel("Time zone").fill("Europe/Rome");
  await rules.getByRole("button", { name: "Save" }).click();
  await expect(rules.getByText("Saved.")).toBeVisible();
  await page.reload();
  await expect(page.getByLabel("From", { exact: true })).toHaveValue("23:30");
  await expect(page.getByRole("checkbox", { name: "Fri" })).not.toBeChecked();
  await expect(page.getByRole("checkbox", { name: "Mon" })).toBeChecked();
  await expectSound(page, "group-quiet-hours");
  await rules.getByRole("button", { name: "Remove" }).click();
  await rules.getByRole("button", { name: "Save" }).click();
  await expect(rules.getByText("Saved.")).toBeVisible();
  await page.reload();
  await expect(page.getByRole("button", { name: "Add quiet hours" })).toBeVisible();
  await expect(page.getByLabel("From", { exact: true })).toHaveCount(0);
});

test("a manager gives one member limits of their own; a wrong one is said at its field", async ({ page }) => {
  await enter(page, "mia");
  await openGroup(page);
  const open = async () => {
    await page.getByRole("button", { name: "More for ben" }).click();
    await page.getByRole("menuitem", { name: "Limits of their own" }).click();
  };
  await open();
  const dialog = page.getByRole("alertdialog", { name: "Limits of ben" });
  await dialog.getByLabel("Servers at once").fill("many");
  await dialog.getByRole("button", { name: "Save" }).click();
  await expect(dialog.getByLabel("Servers at once")).toHaveAttribute("aria-invalid", "true");
  await dialog.getByLabel("Servers at once").fill("1");
  await dialog.getByRole("button", { name: "Save" }).click();
  await expect(dialog).toBeHidden();
  await open();
  await expect(dialog.getByLabel("Servers at once")).toHaveValue("1");
});

test("a manager says what the group is for; its name is an admin's to change", async ({ page }) => {
  await enter(page, "mia");
  await openGroup(page);
  const about = page.getByRole("region", { name: "About this group" });
  await expect(about.getByLabel("Name")).toHaveCount(0);
  await about.getByLabel("What it is for").fill("The course of autumn.");
  await about.getByRole("button", { name: "Save" }).click();
  await expect(page.getByText("The course of autumn.").first()).toBeVisible();
  await page.context().clearCookies();
  await enter(page, "root");
  // The configuration names “physics”, so that name stays; a group nobody names may have another.
  await page.goto(`${berth.url}/hub/groups/physics`);
  await about.getByLabel("Name").fill("physics-2");
  await about.getByRole("button", { name: "Save" }).click();
  await expect(about.getByRole("alert")).toContainText("Change berth.yaml first");
  await mutate(page, "groups.create", { name: "chess", description: "" });
  await page.goto(`${berth.url}/hub/groups/chess`);
  await about.getByLabel("Name").fill("checkers");
  await about.getByRole("button", { name: "Save" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "checkers" })).toBeVisible();
});

test("a token is made for what it is to do, and may no more", async ({ page }) => {
  await enter(page, "ben");
  await page.goto(`${berth.url}/hub/token`);
  await page.getByLabel("What is it for?").fill("a dashboard");
  await page.getByLabel("What it may do").selectOption({ label: "Only look at my servers and usage" });
  await page.getByRole("button", { name: "Create" }).click();
  const shown = page.getByText("Copy the token now");
  await expect(shown).toBeVisible();
  const token = (await page.locator("p.font-mono").first().textContent())?.trim() ?? "";
  const ask = (path: string, method: "GET" | "POST") =>
    page.request.fetch(`${berth.url}/hub/api/${path}`, {
      method,
      headers: { authorization: `token ${token}`, cookie: "" },
    });
  expect((await ask("users/ben", "GET")).status()).toBe(200);
  expect((await ask("users/ben/server", "POST")).status()).toBe(403);
  await page.getByLabel("What is it for?").fill("another");
  await page.getByLabel("What it may do").selectOption({ label: "Scopes I write myself" });
  await page.getByLabel("Scopes", { exact: true }).fill("fly:planes");
  await page.getByRole("button", { name: "Create" }).click();
  await expect(page.getByRole("region", { name: "New token" }).getByRole("alert")).toContainText("fly:planes");
});
