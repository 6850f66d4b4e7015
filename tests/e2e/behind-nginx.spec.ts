import { existsSync } from "node:fs";
import { expect, test } from "@playwright/test";
import { freePort } from "#server/spawner/local/free-port.ts";
import { testJupyter } from "#tests/jupyter.ts";
import { newHome, type RunningBerth, removeHome, startBerth } from "./berth.ts";
import { addUser } from "./command-line.ts";
import { computeAndSave, inJupyterLab, logIn, stopServer } from "./journey.ts";
import { nginxPath, type RunningNginx, startNginx } from "./nginx.ts";

/** As the documentation says it for one machine: https at nginx, plain http behind it, an origin a user. */
test.use({ ignoreHTTPSErrors: true });

let nginx: RunningNginx;
let berth: RunningBerth;
let password: string;
let url: string;

test.beforeAll(async () => {
  test.skip(
    !existsSync(nginxPath) && process.env.BERTH_TEST_REQUIRE === undefined,
    "nginx isn't there: apt install nginx-light",
  );
  test.setTimeout(300_000);
  const [jupyter, port, tlsPort] = [await testJupyter(), await freePort(), await freePort()];
  url = `https://hub.localhost:${tlsPort}`;
  berth = await startBerth({
    home: newHome(),
    port,
    config: `
hub: { publicUrl: '${url}', subdomainHost: 'users.localhost:${tlsPort}' }
proxy: { trustedProxies: [127.0.0.1] }
spawner: { jupyter: ${jupyter} }
singleuser: { memory: { limit: 1G } }
`,
  });
  nginx = await startNginx({ name: "hub.localhost", port: tlsPort, to: port });
  password = addUser(berth, "ana");
});
test.afterAll(async () => {
  await nginx?.stop();
  await berth?.stop();
  if (berth) removeHome(berth.home);
});

test("https behind nginx: log in, a notebook computes over its WebSocket and is saved, with cookies no other site and no plain http gets", async ({
  page,
}) => {
  test.setTimeout(300_000);
  await logIn(page, url, "ana", password);
  await page
    .getByRole("link", { name: "Start", exact: true })
    .or(page.getByRole("button", { name: "Start", exact: true }))
    .first()
    .click();
  await expect(page).toHaveURL(/\/hub\/spawn\//);
  await page.getByRole("button", { name: "Start", exact: true }).click();
  await inJupyterLab(page);
  expect(new URL(page.url()).host).toMatch(/^ana\.users\.localhost:\d+$/);
  expect(await computeAndSave(page)).toMatch(/\.ipynb$/);
  const cookies = await page.context().cookies();
  const own = cookies.filter(({ name }) => name.startsWith("__Host-"));
  expect(own.length).toBeGreaterThanOrEqual(2);
  for (const cookie of own) expect(cookie).toMatchObject({ secure: true, path: "/" });
  await stopServer(page, url);
});
