import { type BrowserContext, expect, type Page, test } from "@playwright/test";
import { sessionCookieName } from "#server/auth/cookies.ts";
import { testJupyter } from "#tests/jupyter.ts";
import { newHome, type RunningBerth, removeHome, startBerth } from "./berth.ts";
import { addUser } from "./command-line.ts";
import { logIn } from "./journey.ts";

/** What a page on one user's own origin can do to the portal and to somebody logged in there. The two share a parent domain. */
let berth: RunningBerth;
const passwords = new Map<string, string>();

test.beforeAll(async () => {
  test.setTimeout(300_000);
  const hub = "{ publicUrl: 'http://hub.berth.localhost:{port}', subdomainHost: 'users.berth.localhost:{port}' }";
  berth = await startBerth({ home: newHome(), config: `hub: ${hub}\nspawner: { jupyter: ${await testJupyter()} }\n` });
  for (const name of ["ana", "ben"]) passwords.set(name, addUser(berth, name));
});
test.afterAll(async () => {
  await berth?.stop();
  if (berth) removeHome(berth.home);
});

/** A page as ben's server could serve it: the browser believes it to be on ben's origin, and all it asks for is real. */
async function bensPage(context: BrowserContext, html: string): Promise<Page> {
  const { port } = new URL(berth.url);
  const address = `http://ben.users.berth.localhost:${port}/user/ben/evil.html`;
  await context.route(address, (route) => route.fulfill({ contentType: "text/html", body: html }));
  const page = await context.newPage();
  await page.goto(address);
  return page;
}

async function anaLoggedIn(context: BrowserContext): Promise<Page> {
  const page = await context.newPage();
  await logIn(page, berth.url, "ana", passwords.get("ana") ?? "");
  return page;
}

test("S-05: the portal's pages, its errors and the edge's stay blank in a frame on a user's origin", async ({
  context,
}) => {
  await anaLoggedIn(context);
  const { port } = new URL(berth.url);
  const targets = [
    `${berth.url}/hub/home`,
    `${berth.url}/hub/login`,
    `${berth.url}/hub/no-such-page`,
    `${berth.url}/hub/enter?server=x`,
    `${berth.url}/user/ana/lab`,
    `http://ana.users.berth.localhost:${port}/user/ana/lab`,
  ];
  const own = '<iframe name="own" srcdoc="<p>shown</p>"></iframe>';
  const page = await bensPage(
    context,
    own + targets.map((target, index) => `<iframe name="f${index}" src="${target}"></iframe>`).join(""),
  );
  await expect(page.frameLocator('iframe[name="own"]').getByText("shown")).toBeVisible();
  for (const [index, target] of targets.entries())
    await expect.poll(() => page.frame(`f${index}`)?.url(), { message: target }).toBe("chrome-error://chromewebdata/");
});

test("S-01: cookies tossed from a user's origin log nobody in as somebody else", async ({ browser }) => {
  const bens = await browser.newContext();
  await logIn(await bens.newPage(), berth.url, "ben", passwords.get("ben") ?? "");
  const name = sessionCookieName(berth.url);
  const token = (await bens.cookies(berth.url)).find((cookie) => cookie.name === name)?.value ?? "";
  expect(token).not.toBe("");
  await bens.close();
  const anas = await browser.newContext();
  const home = await anaLoggedIn(anas);
  const evil = await bensPage(anas, "<p>evil</p>");
  for (const path of ["/", "/hub", "/hub/home"]) {
    await evil.evaluate(
      ([cookie, value, at]) => {
        const tossed = [`${cookie}=${value}`, `__Host-${cookie}=${value}`, "tossed=1"];
        for (const one of tossed) {
          // biome-ignore lint/suspicious/noDocumentCookie: the attack itself
          document.cookie = `${one}; Domain=berth.localhost; Path=${at}`;
        }
      },
      [name, token, path] as const,
    );
    const answer = await home.goto(`${berth.url}/hub/home`);
    expect(await home.evaluate(() => document.cookie)).toContain("tossed=1");
    expect(answer?.status(), path).toBe(400);
    await expect(home.getByText("ben", { exact: true })).toHaveCount(0);
    await home.getByRole("link", { name: "Try again" }).click();
    await expect(home.getByRole("button", { name: /ana/ }).first()).toBeVisible();
    await anas.clearCookies({ domain: ".berth.localhost" });
  }
  await anas.close();
});

test("S-02: a page on a user's origin reads nothing of the portal and changes nothing", async ({ context }) => {
  const home = await anaLoggedIn(context);
  const before = await anaAsTheHubSeesHer(home);
  const page = await bensPage(context, "<p>evil</p>");
  const outcome = await page.evaluate(async (portal) => {
    const outcomeOf = (asking: Promise<Response>) =>
      asking.then(
        (answer) => answer.type,
        () => "refused",
      );
    const read = await Promise.all(
      ["/hub/api/users", "/hub/api/user", "/api/trpc/me.get", "/hub/home"].map((path) =>
        outcomeOf(fetch(portal + path, { credentials: "include" })),
      ),
    );
    await Promise.all(
      ["/hub/api/users/ana/server", "/hub/api/users/ana/tokens", "/api/trpc/servers.start", "/hub/logout"].map((path) =>
        outcomeOf(fetch(portal + path, { method: "POST", mode: "no-cors", credentials: "include", body: "{}" })),
      ),
    );
    const script = await new Promise<string>((resolve) => {
      const element = document.createElement("script");
      element.src = `${portal}/hub/api/user`;
      element.onload = () => resolve("loaded");
      element.onerror = () => resolve("refused");
      document.head.append(element);
    });
    return { read, script };
  }, berth.url);
  expect(outcome).toEqual({ read: ["refused", "refused", "refused", "refused"], script: "refused" });
  const popup = context.waitForEvent("page");
  const opened = await page.evaluateHandle((portal) => window.open(`${portal}/hub/home`), berth.url);
  const victim = await popup;
  await expect(victim.getByRole("heading", { name: "My servers" })).toBeVisible();
  expect(await victim.evaluate(() => window.opener)).toBeNull();
  expect(await opened.evaluate((other) => other === null || other.closed), "the opener lost hold of it").toBe(true);
  expect(await anaAsTheHubSeesHer(home)).toEqual(before);
});

test("S-02: forms a page on a user's origin sends, and what it says to a portal's page, change nothing either", async ({
  context,
}) => {
  const home = await anaLoggedIn(context);
  const before = await anaAsTheHubSeesHer(home);
  const frame = await bensPage(context, '<p>evil</p><iframe name="sink"></iframe>');
  for (const path of ["/hub/api/users/ana/server", "/api/trpc/servers.start", "/hub/logout", "/hub/login"])
    for (const type of ["application/x-www-form-urlencoded", "text/plain"]) {
      const [outcome] = await Promise.all([
        outcomeOfPost(frame),
        frame.evaluate(
          ([action, enctype]) => {
            const form = document.createElement("form");
            Object.assign(form, { method: "post", enctype, action, target: "sink" });
            const field = Object.assign(document.createElement("input"), {
              name: '{"json":{"user":"ana"},"x":"',
              value: '"}',
            });
            form.append(field);
            document.body.append(form);
            form.submit();
          },
          [berth.url + path, type] as const,
        ),
      ]);
      expect(outcome, `${path} ${type}`).toBe("refused");
    }
  const popup = context.waitForEvent("page");
  await frame.evaluate((portal) => {
    const other = window.open(`${portal}/hub/home`);
    for (const message of ["logout", { type: "navigate", to: "/hub/logout" }]) other?.postMessage(message, "*");
  }, berth.url);
  await expect((await popup).getByRole("heading", { name: "My servers" })).toBeVisible();
  // A worker of a user's origin reaches no further than that origin.
  const worker = await frame.evaluate(
    async (portal) =>
      await navigator.serviceWorker.register(`${portal}/sw.js`).then(
        () => "taken",
        () => "refused",
      ),
    berth.url,
  );
  expect(worker).toBe("refused");
  expect(await anaAsTheHubSeesHer(home)).toEqual(before);
});

/** Of a frame's request that was answered with a page no frame may show, the browser tells that it failed. */
async function outcomeOfPost(page: Page): Promise<string> {
  return await new Promise((resolve) => {
    page.on("requestfailed", (request) => request.method() === "POST" && resolve("refused"));
    page.on("response", (answer) => {
      if (answer.request().method() === "POST") resolve(answer.status() >= 400 ? "refused" : `${answer.status()}`);
    });
  });
}

/** Her servers and tokens, by the pages' own API: still logged in, nothing added. */
async function anaAsTheHubSeesHer(page: Page): Promise<unknown> {
  return await page.evaluate(async () => {
    const input = encodeURIComponent(JSON.stringify({ json: {} }));
    const paths = ["servers.list", "tokens.list"].map((name) => `/api/trpc/${name}?input=${input}`);
    const answers = await Promise.all(paths.map((path) => fetch(path)));
    if (answers.some((answer) => !answer.ok)) throw new Error(`the hub answered ${answers.map((one) => one.status)}`);
    return await Promise.all(answers.map((answer) => answer.text()));
  });
}
