import { sessionCookieName } from "#server/auth/cookies.ts";
import { canary } from "#tests/fakes/hub-data.ts";
import { expect, test } from "./portal-fixture.ts";

test("a student logs in, chooses a profile with an option, watches the progress and lands on the server", async ({
  quietPage: page,
  portal,
}) => {
  await page.goto(portal.url);
  await page.getByLabel("User name").fill("fresh");
  await page.getByLabel("Password", { exact: true }).fill("secret");
  await page.getByRole("button", { name: "Log in" }).click();
  await page.getByRole("link", { name: "Start", exact: true }).click();
  await page.getByLabel("Size").selectOption("Large");
  await expect(page.getByText("4 CPU · 16 GB memory").first()).toBeVisible();
  await page.getByRole("button", { name: "Start" }).click();
  await expect(page.getByRole("progressbar")).toBeVisible();
  await expect(page).toHaveURL(`${portal.url}/user/fresh/`);
  expect(portal.hub.state.find("fresh", "")?.options).toEqual({ image: "scipy", size: "large" });
});

test("a link with options fills the form in and starts nothing (S-34)", async ({ quietPage: page, portal, logIn }) => {
  await logIn("ana");
  await page.goto(`${portal.url}/hub/spawn/ana/from-link?opt-profile=course&opt-size=large&opt-image=r`);
  await expect(page.getByLabel("Size")).toHaveValue("large");
  await expect(page.getByLabel("Software")).toHaveValue("r");
  expect(portal.hub.state.find("ana", "from-link")).toBeUndefined();
});

test("in several groups one is chosen, and a profile that doesn't fit there is greyed with the reason", async ({
  quietPage: page,
  portal,
  logIn,
}) => {
  await logIn("ana");
  const [first] = portal.hub.state.profiles;
  const sentence = "Group physics has used 8 of 8 servers: ben (8).";
  const reasons = Object.fromEntries(portal.hub.state.profiles.map(({ slug }) => [slug, sentence]));
  portal.hub.state.quotas = { art: {}, physics: reasons };
  try {
    await page.goto(`${portal.url}/hub/spawn/ana/grouped`);
    const group = page.getByLabel("Group", { exact: true });
    await expect(group).toHaveValue("");
    await page.getByRole("button", { name: "Start" }).click();
    expect(portal.hub.state.find("ana", "grouped")).toBeUndefined();
    await group.selectOption("physics");
    await expect(page.getByText(sentence)).toHaveCount(portal.hub.state.profiles.length);
    await group.selectOption("art");
    await expect(page.getByText(sentence)).toHaveCount(0);
    await expect(page.getByText(first?.displayName ?? "").first()).toBeVisible();
  } finally {
    portal.hub.state.quotas = {};
  }
});

test("a start survives a reload of the page and a hub that is away for a while, and can be cancelled", async ({
  quietPage: page,
  portal,
  logIn,
}) => {
  await logIn("ana");
  portal.hub.state.begin("ana", "never", {});
  await page.goto(`${portal.url}/hub/spawn-pending/ana/never`);
  await expect(page.getByText("Loading the software.")).toBeVisible();
  await page.reload();
  await expect(page.getByText("Loading the software.")).toBeVisible();
  portal.hub.goAway();
  await expect(page.getByText("The connection was lost.")).toBeVisible();
  portal.hub.down = false;
  await expect(page.getByText("The connection was lost.")).toBeHidden({ timeout: 20_000 });
  await page.getByRole("button", { name: "Cancel" }).click();
  await expect(page.getByRole("heading", { name: "The server is stopped" })).toBeVisible();
});

test("a failed start is tried again in place", async ({ quietPage: page, portal, logIn }) => {
  await logIn("failing");
  portal.hub.state.putFailed("failing", "again", "quota");
  await page.goto(`${portal.url}/hub/spawn-pending/failing/again`);
  await page.getByRole("button", { name: "Try again" }).click();
  await expect(page).toHaveURL(`${portal.url}/user/failing/again/`);
});

test("typing a name that isn't allowed is explained, and an allowed one leads to the profiles", async ({
  quietPage: page,
  portal,
  logIn,
}) => {
  await logIn("ana");
  await page.goto(`${portal.url}/hub/home`);
  for (const [name, sentence] of [
    ["", "Give the server a name."],
    ["Two", "starts with a lower-case letter"],
    ["a--b", "Hyphens stand single"],
    ["is-stopped", "You have a server of this name."],
  ] as const) {
    await page.getByLabel("Name", { exact: true }).fill(name);
    await page.getByRole("button", { name: "Choose a profile" }).click();
    await expect(page.getByRole("alert").filter({ hasText: sentence })).toBeVisible();
  }
  await page.getByLabel("Name", { exact: true }).fill("second");
  await page.getByRole("button", { name: "Choose a profile" }).click();
  await expect(page).toHaveURL(`${portal.url}/hub/spawn/ana/second`);
});

test("more than eight profiles can be searched", async ({ quietPage: page, portal, logIn }) => {
  await logIn("ana");
  portal.hub.showManyProfiles(true);
  await page.goto(`${portal.url}/hub/spawn/ana/many`);
  await page.getByLabel("Search profiles").fill("department 7");
  await expect(page.getByText("1 of 12 profiles")).toBeVisible();
  portal.hub.showManyProfiles(false);
});

test("an admin finds, adds, disables; the address says what the table shows", async ({
  quietPage: page,
  portal,
  logIn,
}) => {
  await logIn("admin");
  await page.goto(`${portal.url}/hub/admin/users`);
  await page.getByRole("button", { name: "Add a user" }).click();
  await page.getByLabel("User name").fill("newcomer");
  await page.getByRole("button", { name: "Add", exact: true }).click();
  await expect(page.getByText("abcde-fghjk-mnpqr-stuvw")).toBeVisible();
  await page.getByRole("button", { name: "Done" }).click();
  await page.getByLabel("Search users").fill("newcomer");
  await expect(page).toHaveURL(`${portal.url}/hub/admin/users?search=newcomer`);
  await page.getByRole("button", { name: "More for newcomer" }).click();
  await page.getByRole("menuitem", { name: "Disable" }).click();
  await page.getByRole("button", { name: "Disable", exact: true }).click();
  await expect(page.getByText("disabled", { exact: true })).toBeVisible();
  await page.reload();
  await expect(page.getByText("disabled", { exact: true })).toBeVisible();
});

test("a token is shown once, and revoked", async ({ quietPage: page, portal, logIn }) => {
  await logIn("ana");
  await page.goto(`${portal.url}/hub/token`);
  await page.getByLabel("What is it for?").fill("a script");
  await page.getByRole("button", { name: "Create" }).click();
  await expect(page.getByText("brt_abcdefghijklmnopqrstuvwxyz0123456789")).toBeVisible();
  await page.reload();
  await expect(page.getByRole("cell", { name: "a script", exact: true })).toBeVisible();
  await expect(page.getByText("brt_abcdefghijklmnopqrstuvwxyz0123456789")).toBeHidden();
  await page.getByRole("button", { name: "Revoke a script" }).click();
  await page.getByRole("alertdialog").getByRole("button", { name: "Revoke" }).click();
  await expect(page.getByRole("cell", { name: "a script", exact: true })).toBeHidden();
});

test("everything on the way to a running server works with the keyboard alone", async ({
  quietPage: page,
  portal,
  logIn,
}) => {
  await logIn("ana");
  await page.goto(`${portal.url}/hub/spawn/ana/by-keyboard`);
  await page.getByRole("radio", { name: /Course environment/ }).focus();
  await page.keyboard.press("ArrowDown");
  await expect(page.getByRole("radio", { name: /Large memory/ })).toBeChecked();
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(`${portal.url}/user/ana/by-keyboard/`);
});

test("/hub/user-redirect leads everybody to their own server, the rest of the path byte for byte", async ({
  quietPage: page,
  portal,
  logIn,
}) => {
  await logIn("ana");
  await page.goto(`${portal.url}/hub/user-redirect/lab/tree/a%20b.ipynb?x=%2F1`);
  await expect(page).toHaveURL(`${portal.url}/user/ana/lab/tree/a%20b.ipynb?x=%2F1`);
});

test("a banner on every page says that users must trust each other, where they must", async ({
  quietPage: page,
  portal,
  logIn,
}) => {
  await logIn("ana");
  portal.hub.trustNotes = [`All users share one origin. ${canary}`];
  for (const path of ["/hub/home", "/hub/token", "/hub/spawn/ana/x", "/hub/account"]) {
    await page.goto(`${portal.url}${path}`);
    await expect(page.getByText("Trusted users only")).toBeVisible();
  }
  portal.hub.trustNotes = [];
});

test("when the hub doesn't answer the page says so, and trying again brings it back", async ({
  page,
  portal,
  logIn,
}) => {
  await logIn("ana");
  portal.hub.down = true;
  await page.goto(`${portal.url}/hub/home`);
  await expect(page.getByRole("heading", { name: "This page can't be shown just now" })).toBeVisible();
  portal.hub.down = false;
  await page.getByRole("button", { name: "Try again" }).click();
  await expect(page.getByRole("heading", { name: "My servers" })).toBeVisible();
});

test("a session that ended leads to the login and back to the page", async ({ quietPage: page, portal, context }) => {
  await context.addCookies([{ name: sessionCookieName(portal.url), value: "not-a-session", url: portal.url }]);
  await page.goto(`${portal.url}/hub/token`);
  await expect(page).toHaveURL(`${portal.url}/hub/login?next=%2Fhub%2Ftoken`);
});

test("my account: a login is ended, and idle servers stop when I say so", async ({
  quietPage: page,
  portal,
  logIn,
}) => {
  await logIn("ana");
  await page.goto(`${portal.url}/hub/account`);
  await page.getByRole("button", { name: "End the login from 198.51.100.4" }).click();
  await expect(page.getByText("198.51.100.4")).toHaveCount(0);
  await page.getByLabel("Stop my server after it was idle for").selectOption({ label: "2 h" });
  await page.getByRole("button", { name: "Save" }).click();
  await expect(page.getByText("It holds for your running servers too.")).toBeVisible();
  await page.reload();
  await expect(page.getByLabel("Stop my server after it was idle for")).toHaveValue("7200");
});
