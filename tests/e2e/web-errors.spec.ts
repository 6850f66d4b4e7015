import { expect, test } from "./portal-fixture.ts";

test("the error page names the request by the id its answer carries, which the log has too", async ({
  quietPage: page,
  portal,
  logIn,
}) => {
  await logIn("ana");
  portal.hub.down = true;
  try {
    const answer = await page.goto(`${portal.url}/hub/home`);
    const id = answer?.headers()["x-request-id"] ?? "";
    expect(id).toMatch(/^[0-9a-f-]{36}$/);
    await expect(page.getByText(`Request ${id}`)).toBeVisible();
    await expect(page.getByRole("link", { name: "My servers" }).first()).toBeVisible();
  } finally {
    portal.hub.down = false;
  }
});

test("by the keyboard alone: login, a start with an option, the progress, and back home", async ({
  quietPage: page,
  portal,
}) => {
  // Nobody else's: the other specs share the portal, and whose server runs there is offered no start.
  const user = "student-003";
  await page.goto(`${portal.url}/hub/login`);
  const press = async (key: string) => await page.keyboard.press(key);
  const tabTo = async (name: string | RegExp, role: "textbox" | "button" | "link" | "combobox") => {
    const wanted = page.getByRole(role, { name, exact: true }).first();
    await wanted.waitFor();
    for (let steps = 0; steps < 60; steps++) {
      if (await wanted.evaluate((element) => element === document.activeElement)) return;
      await press("Tab");
    }
    throw new Error(`${name} was not reached by Tab`);
  };
  await tabTo("User name", "textbox");
  await page.keyboard.type(user);
  await press("Tab");
  await page.keyboard.type("secret");
  await press("Enter");
  await expect(page.getByRole("heading", { name: "My servers" })).toBeVisible();
  await tabTo("Start", "link");
  await press("Enter");
  await expect(page.getByRole("heading", { name: "Choose a profile" })).toBeVisible();
  await tabTo("Start", "button");
  await press("Enter");
  await expect(page).toHaveURL(`${portal.url}/user/${user}/`);
  await page.goto(`${portal.url}/hub/home`);
  await expect(page.getByText("Running for").first()).toBeVisible();
});
