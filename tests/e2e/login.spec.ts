import type { APIRequestContext } from "@playwright/test";
import { sessionCookieName } from "#server/auth/cookies.ts";
import type { FakePortal } from "#tests/fakes/portal.ts";
import { expect, test } from "./portal-fixture.ts";

for (const [user, sentence] of [
  ["nobody", "The user name or the password is wrong."],
  ["throttled", "Too many tries. Try again in 42 s."],
  ["not-allowed", "Your account is not on the list"],
  ["disabled", "This account is disabled."],
] as const) {
  test(`a refused login (${user}) comes back with a sentence, and keeps where the person wanted to go`, async ({
    quietPage: page,
    portal,
  }) => {
    await page.goto(`${portal.url}/hub/login?next=${encodeURIComponent("/hub/token")}`);
    await page.getByLabel("User name").fill(user);
    await page.getByLabel("Password", { exact: true }).fill("wrong");
    await page.getByRole("button", { name: "Log in" }).click();
    await expect(page.getByText(sentence)).toBeVisible();
    await page.getByLabel("User name").fill("ana");
    await page.getByLabel("Password", { exact: true }).fill("secret");
    await page.getByRole("button", { name: "Log in" }).click();
    await expect(page).toHaveURL(`${portal.url}/hub/token`);
  });
}

test("a page whose script hasn't come yet sends nothing by itself; without JavaScript it says what to do", async ({
  browser,
  portal,
}) => {
  const context = await browser.newContext({ javaScriptEnabled: false });
  const page = await context.newPage();
  const answer = await page.goto(`${portal.url}/hub/login`);
  expect(await answer?.text()).toMatch(/<noscript>.*These pages need JavaScript/s);
  await page.getByLabel("User name").fill("ana");
  await page.getByLabel("Password", { exact: true }).fill("secret");
  await expect(page.getByRole("button", { name: "Log in" })).toBeDisabled();
  await page.getByLabel("Password", { exact: true }).press("Enter");
  await expect(page.getByLabel("User name")).toHaveValue("ana");
  await context.close();
});

test("a page of whose script a part doesn't arrive is loaded once more by itself", async ({ page, portal }) => {
  let lost = 0;
  await page.route("**/_next/static/chunks/*.js", async (route) => {
    if (lost > 0) return await route.continue();
    lost++;
    await route.abort("connectionreset");
  });
  await page.goto(`${portal.url}/hub/login`);
  await expect(page.getByRole("button", { name: "Log in" })).toBeEnabled();
  expect(lost).toBe(1);
});

test("the session cookie is the hub's token itself: HttpOnly, Lax, whole site, ending when the token ends", async ({
  quietPage: page,
  portal,
  context,
}) => {
  await page.goto(`${portal.url}/hub/login`);
  await page.getByLabel("User name").fill("ana");
  await page.getByLabel("Password", { exact: true }).fill("secret");
  await page.getByRole("button", { name: "Log in" }).click();
  await expect(page).toHaveURL(`${portal.url}/hub/home`);
  const cookie = (await context.cookies()).find(({ name }) => name === sessionCookieName(portal.url));
  expect(cookie).toMatchObject({ httpOnly: true, sameSite: "Lax", path: "/" });
  const claims = JSON.parse(Buffer.from(cookie?.value.split(".")[1] ?? "", "base64url").toString()) as {
    exp: number;
    sub: string;
  };
  expect(claims.sub).toBe("ana");
  // Chromium shifts a cookie's end by the difference between its clock and the answer's Date, which has whole seconds.
  expect(Math.abs((cookie?.expires ?? 0) - claims.exp)).toBeLessThan(2);
});

test("logging out ends the session at the hub, then the cookie", async ({
  quietPage: page,
  portal,
  context,
  logIn,
}) => {
  await logIn("ana");
  const before = (await context.cookies())[0]?.value ?? "";
  await page.goto(`${portal.url}/hub/logout`);
  await page.getByRole("button", { name: "Log out" }).click();
  await expect(page.getByText("You are logged out.")).toBeVisible();
  expect((await context.cookies()).filter(({ name }) => name === sessionCookieName(portal.url))).toEqual([]);
  await context.addCookies([{ name: sessionCookieName(portal.url), value: before, url: portal.url }]);
  await page.goto(`${portal.url}/hub/home`);
  await expect(page).toHaveURL(`${portal.url}/hub/login?next=%2Fhub%2Fhome`);
});

test("a logout the hub didn't hear of is not shown as one", async ({ page, portal, context, logIn }) => {
  await logIn("ana");
  await page.goto(`${portal.url}/hub/logout`);
  portal.hub.down = true;
  await page.getByRole("button", { name: "Log out" }).click();
  await expect(page.getByText("The portal can't log anybody in just now.")).toBeVisible();
  portal.hub.down = false;
  expect((await context.cookies()).some(({ name }) => name === sessionCookieName(portal.url))).toBe(true);
});

test("the admin link asks first, works, and says when it is used up", async ({ quietPage: page, portal }) => {
  await page.goto(`${portal.url}/hub/login?code=used`);
  await page.getByRole("button", { name: "Sign in as admin" }).click();
  await expect(page.getByText("This link has been used or has expired.")).toBeVisible();
  await page.goto(`${portal.url}/hub/login?code=good`);
  await page.getByRole("button", { name: "Sign in as admin" }).click();
  await expect(page.getByRole("link", { name: "Administration" })).toBeVisible();
});

test("a provider's login hands code, state, verifier and nonce to the hub, and `next` survives it", async ({
  quietPage: page,
  portal,
}) => {
  const issuer = portal.url.replace("127.0.0.1", "localhost");
  portal.hub.login = {
    local: true,
    dummy: false,
    autoLogin: null,
    providers: [
      {
        id: "uni",
        displayName: "University",
        kind: "oidc",
        clientId: "berth",
        authorizationUrl: `${issuer}/user/idp`,
        scope: "openid email",
        issuer,
        nonce: true,
      },
    ],
  };
  await page.goto(`${portal.url}/hub/login?next=${encodeURIComponent("/hub/token?x=1")}`);
  await page.getByRole("button", { name: "Log in with University" }).click();
  await expect(page).toHaveURL(/localhost.*\/user\/idp/);
  const asked = new URL(page.url()).searchParams;
  expect(asked.get("code_challenge_method")).toBe("S256");
  expect(asked.get("scope")).toBe("openid email");
  expect(asked.get("redirect_uri")).toBe(`${portal.url}/api/auth/callback/uni`);
  const state = asked.get("state") ?? "";
  await page.goto(`${portal.url}/api/auth/callback/uni?code=the-code&state=${state}&iss=${encodeURIComponent(issuer)}`);
  await expect(page).toHaveURL(`${portal.url}/hub/token?x=1`);
  const question = portal.hub.questions.at(-1);
  expect(question).toMatchObject({
    method: "oauth",
    provider: "uni",
    code: "the-code",
    state,
    expectedState: state,
    issuer,
    nonce: asked.get("nonce"),
  });
  expect(question?.method === "oauth" ? question.codeVerifier.length : 0).toBeGreaterThan(40);
  portal.hub.login = { local: true, dummy: false, providers: [], autoLogin: null };
});

test("with automatic login the browser goes to the provider by itself, once: a refused login doesn't send it round", async ({
  quietPage: page,
  portal,
}) => {
  const issuer = portal.url.replace("127.0.0.1", "localhost");
  const before = portal.hub.login;
  portal.hub.login = {
    local: false,
    dummy: false,
    autoLogin: "uni",
    providers: [
      {
        id: "uni",
        displayName: "University",
        kind: "oidc",
        clientId: "berth",
        authorizationUrl: `${issuer}/user/idp`,
        scope: "openid",
        issuer,
        nonce: false,
      },
    ],
  };
  await page.goto(`${portal.url}/hub/login`);
  await expect(page).toHaveURL(/localhost.*\/user\/idp/);
  await page.goto(`${portal.url}/api/auth/callback/uni?error=access_denied&error_description=%3Cimg%3E`);
  await expect(page.getByText("The login at the other site did not work.")).toBeVisible();
  await expect(page.getByRole("button", { name: "Log in with University" })).toBeVisible();
  await page.goto(`${portal.url}/hub/login?logged-out=1`);
  await expect(page.getByRole("button", { name: "Log in with University" })).toBeVisible();
  portal.hub.login = before;
});

test("`next` and next-auth's `callbackUrl` can't leave the site (S-11)", async ({ quietPage: page, portal }) => {
  for (const evil of [
    "https://evil.example",
    "//evil.example",
    "///evil.example",
    "/\\evil.example",
    "/%09/evil.example",
    "javascript:alert(1)",
    `${portal.url}//evil.example`,
  ]) {
    for (const parameter of ["next", "callbackUrl"]) {
      await page.context().clearCookies();
      await page.goto(`${portal.url}/hub/login?${parameter}=${encodeURIComponent(evil)}`);
      await page.getByLabel("User name").fill("ana");
      await page.getByLabel("Password", { exact: true }).fill("secret");
      await page.getByRole("button", { name: "Log in" }).click();
      await expect(page).toHaveURL(`${portal.url}/hub/home`);
    }
  }
});

async function csrfOf(request: APIRequestContext, portal: FakePortal): Promise<string> {
  const answer = await request.get(`${portal.url}/api/auth/csrf`);
  return ((await answer.json()) as { csrfToken: string }).csrfToken;
}

test("a login posted from another origin, too long, or with parameters for the provider is refused", async ({
  request,
  portal,
}) => {
  const form = { username: "ana", password: "secret", csrfToken: await csrfOf(request, portal), json: "true" };
  const at = `${portal.url}/api/auth/callback/local`;
  expect((await request.post(at, { form, headers: { origin: "http://evil.example" } })).status()).toBe(403);
  expect(
    (await request.post(at, { form, headers: { origin: portal.url, "sec-fetch-site": "same-site" } })).status(),
  ).toBe(403);
  expect(
    (
      await request.post(at, { form: { ...form, password: "x".repeat(70_000) }, headers: { origin: portal.url } })
    ).status(),
  ).toBe(413);
  const withParameters = `${portal.url}/api/auth/signin/uni?redirect_uri=https://evil.example`;
  expect((await request.post(withParameters, { form, headers: { origin: portal.url } })).status()).toBe(400);
  expect((await request.post(at, { form, headers: { origin: portal.url } })).headers()["set-cookie"]).toContain(
    "berth-session=",
  );
});

test("next-auth's other routes are shut", async ({ request, portal }) => {
  for (const action of ["session", "providers", "verify-request", "callback/local/more", "nothing"]) {
    expect((await request.get(`${portal.url}/api/auth/${action}`)).status(), action).toBe(404);
  }
});
