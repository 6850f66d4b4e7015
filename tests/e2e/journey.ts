import { expect, type Page } from "@playwright/test";

/** What a student does on the first day, as steps: everything by roles and names, through the real pages. */

export async function logIn(page: Page, url: string, name: string, password: string): Promise<void> {
  const heard = listenTo(page);
  await page.goto(`${url}/hub/login`);
  const submit = page.getByRole("button", { name: "Log in", exact: true });
  // It waits for the page's script.
  await expect(submit)
    .toBeEnabled()
    .catch((error: unknown) => {
      throw new Error(`the login page came to no life: ${heard.join("; ")}`, { cause: error });
    });
  await page.getByLabel("User name").fill(name);
  await page.getByLabel("Password", { exact: true }).fill(password);
  await submit.click();
  await expect(page.getByRole("heading", { name: "My servers" })).toBeVisible();
}

/** Chooses a profile with an option, presses Start, watches the progress, and ends in JupyterLab. */
export async function startServer(
  page: Page,
  choice: { profile: string; option: string; value: string },
): Promise<void> {
  await page
    .getByRole("link", { name: "Start", exact: true })
    .or(page.getByRole("button", { name: "Start", exact: true }))
    .first()
    .click();
  await expect(page.getByRole("heading", { name: "Choose a profile" })).toBeVisible();
  await page.getByRole("radio", { name: choice.profile }).check();
  await page.getByLabel(choice.option).selectOption({ label: choice.value });
  await page.getByRole("button", { name: "Start", exact: true }).click();
  await expect(page).toHaveURL(/\/hub\/spawn-pending\/|\/user\//);
  await inJupyterLab(page);
}

export async function inJupyterLab(page: Page): Promise<void> {
  await expect(page).toHaveURL(/\/user\/([^/]+\/){1,2}lab/, { timeout: 120_000 });
  await expect(page.getByRole("menuitem", { name: "File" })).toBeVisible({ timeout: 60_000 });
}

/** Makes a notebook, computes 6*7 in it over the kernel's WebSocket, and saves it. Returns its file name. */
export async function computeAndSave(page: Page): Promise<string> {
  await page.locator(".jp-LauncherCard[data-category='Notebook']").first().click();
  // A cell that is run before the kernel answers is dropped by JupyterLab without a word.
  await expect(page.getByText("Python 3 (ipykernel) | Idle")).toBeVisible({ timeout: 60_000 });
  const cell = page.locator(".jp-Notebook .jp-InputArea-editor .cm-content").first();
  await cell.click();
  await page.keyboard.type("print(6*7)");
  await page.keyboard.press("Shift+Enter");
  await expect(
    page
      .locator(".jp-OutputArea-output")
      .filter({ hasText: /^42\s*$/ })
      .first(),
  ).toBeVisible({ timeout: 60_000 });
  await page.keyboard.press("Control+s");
  const rename = page.getByRole("button", { name: "Rename" });
  if (await rename.isVisible({ timeout: 3000 }).catch(() => false)) await rename.click();
  await expect(page.locator(".jp-DirListing-item").filter({ hasText: ".ipynb" }).first()).toBeVisible();
  const name = await page.locator(".jp-DirListing-itemText").filter({ hasText: ".ipynb" }).first().textContent();
  return name?.trim() ?? "";
}

export async function stopServer(page: Page, url: string): Promise<void> {
  await page.goto(`${url}/hub/home`);
  await page.getByRole("button", { name: "Stop" }).first().click();
  await expect(page.getByText("Stopped", { exact: true }).first()).toBeVisible({ timeout: 60_000 });
}

export async function startAgain(page: Page): Promise<void> {
  await page.getByRole("button", { name: "Start again" }).click();
  await inJupyterLab(page);
}

export async function seesFile(page: Page, name: string): Promise<void> {
  await expect(page.locator(".jp-DirListing-item").filter({ hasText: name }).first()).toBeVisible({ timeout: 30_000 });
}

/** What a page that doesn't work would say in the browser's own tools. */
function listenTo(page: Page): readonly string[] {
  const heard: string[] = [];
  page.on("console", (message) => heard.push(`${message.type()}: ${message.text()}`));
  page.on("pageerror", (error) => heard.push(String(error)));
  page.on("requestfailed", (request) => heard.push(`${request.url()}: ${request.failure()?.errorText}`));
  page.on("response", (answer) => answer.status() >= 400 && heard.push(`${answer.url()}: ${answer.status()}`));
  return heard;
}
