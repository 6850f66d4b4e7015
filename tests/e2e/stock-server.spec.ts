import { expect, test } from "@playwright/test";
import { testJupyterhub } from "#tests/jupyterhub.ts";
import { newHome, type RunningBerth, removeHome, startBerth } from "./berth.ts";
import { addUser } from "./command-line.ts";
import { computeAndSave, inJupyterLab, logIn, seesFile, startAgain, startServer, stopServer } from "./journey.ts";

/** A profile as z2jh has it: the server is stock jupyterhub-singleuser, which logs its visitor in through the hub. */
const profiles = `
singleuser:
  profileList:
    - display_name: Stock
      default: true
      kubespawner_override: { cmd: jupyterhub-singleuser, default_url: /lab }
      profile_options:
        size:
          display_name: Size
          choices:
            s: { display_name: Small, default: true, kubespawner_override: { mem_limit: 1G } }
            m: { display_name: Medium, kubespawner_override: { mem_limit: 2G } }
`;

const modes = [
  { mode: "path mode", hub: "{}" },
  {
    mode: "subdomain mode",
    hub: "{ publicUrl: 'http://hub.localhost:{port}', subdomainHost: 'users.localhost:{port}' }",
  },
] as const;

for (const { mode, hub } of modes) {
  test.describe(`stock jupyterhub-singleuser, local, ${mode}`, () => {
    let berth: RunningBerth;
    let password: string;

    test.beforeAll(async () => {
      test.setTimeout(400_000);
      const { jupyter } = await testJupyterhub();
      berth = await startBerth({
        home: newHome(),
        config: `hub: ${hub}\nspawner: { jupyter: ${jupyter} }\n${profiles}`,
      });
      password = addUser(berth, "ana");
    });
    test.afterAll(async () => {
      await berth?.stop();
      if (berth) removeHome(berth.home);
    });

    test("log in, compute 6*7, save, stop, start again: the file is there; logged out elsewhere, the page is worth nothing", async ({
      page,
      browser,
    }) => {
      test.setTimeout(300_000);
      await logIn(page, berth.url, "ana", password);
      await startServer(page, { profile: "Stock", option: "Size", value: "Medium" });
      const file = await computeAndSave(page);
      await stopServer(page, berth.url);
      await startAgain(page);
      await seesFile(page, file);
      const lab = page.url();
      const elsewhere = await browser.newContext();
      const other = await elsewhere.newPage();
      await logIn(other, berth.url, "ana", password);
      await other.goto(lab);
      await inJupyterLab(other);
      const tokenOf = () => JSON.parse(document.getElementById("jupyter-config-data")?.textContent ?? "{}").token;
      const token: string = await page.evaluate(tokenOf);
      expect(token).toMatch(/^berth_/);
      await page.goto(`${berth.url}/hub/logout`);
      await page.getByRole("button", { name: "Log out" }).click();
      await expect(page).toHaveURL(/\/hub\/login/);
      await page.goto(lab);
      await expect(page).toHaveURL(/\/hub\/login/);
      const status = await page.evaluate(
        async (authorization) => (await fetch("/hub/api/user", { headers: { authorization } })).status,
        `token ${token}`,
      );
      expect(status).toBe(403);
      // The other browser's login goes on.
      await other.reload();
      await inJupyterLab(other);
      await elsewhere.close();
    });
  });
}
