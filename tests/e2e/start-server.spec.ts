import { expect, test } from "@playwright/test";
import { testJupyter } from "#tests/jupyter.ts";
import { newHome, type RunningBerth, removeHome, startBerth } from "./berth.ts";
import { addUser } from "./command-line.ts";
import { computeAndSave, logIn, seesFile, startAgain, startServer, stopServer } from "./journey.ts";

/** Done-when 1 of the main job, on this machine: local processes, embedded PostgreSQL, real JupyterLab. */
const profiles = `
singleuser:
  profileList:
    - display_name: Python
      description: JupyterLab with Python.
      default: true
      profile_options:
        size:
          display_name: Size
          choices:
            s: { display_name: Small, default: true, kubespawner_override: { mem_limit: 1G } }
            m: { display_name: Medium, kubespawner_override: { mem_limit: 2G } }
    - display_name: Tiny
      kubespawner_override: { mem_limit: 512M }
`;

const modes = [
  { mode: "path mode", hub: "{}" },
  {
    mode: "subdomain mode",
    hub: "{ publicUrl: 'http://hub.localhost:{port}', subdomainHost: 'users.localhost:{port}' }",
  },
] as const;

for (const { mode, hub } of modes) {
  test.describe(`a first day, local, ${mode}`, () => {
    let berth: RunningBerth;
    let password: string;

    test.beforeAll(async () => {
      test.setTimeout(300_000);
      const jupyter = await testJupyter();
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

    test("log in, choose a profile with an option, compute 6*7, save, stop, start again: the file is there", async ({
      page,
    }) => {
      test.setTimeout(300_000);
      await logIn(page, berth.url, "ana", password);
      await startServer(page, { profile: "Python", option: "Size", value: "Medium" });
      const file = await computeAndSave(page);
      await stopServer(page, berth.url);
      await expect(page.getByText("2 GB memory").first()).toBeVisible();
      await startAgain(page);
      await seesFile(page, file);
    });
  });
}
