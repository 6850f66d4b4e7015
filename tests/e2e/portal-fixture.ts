import { test as base, expect, type Page } from "@playwright/test";
import { sessionCookieName } from "#server/auth/cookies.ts";
import { type FakePortal, startFakePortal } from "#tests/fakes/portal.ts";

type Worker = { readonly portal: FakePortal };
type Test = {
  /** A page whose console stays empty of errors and of reports about its security policy. */
  readonly quietPage: Page;
  logIn(userName: string): Promise<void>;
};

/** The real pages against the fake hub; one portal for all tests of a file. */
export const test = base.extend<Test, Worker>({
  portal: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the parameter's text
    async ({}, use) => {
      const portal = await startFakePortal();
      await use(portal);
      await portal.stop();
    },
    { scope: "worker" },
  ],
  quietPage: async ({ page }, use) => {
    const loud: string[] = [];
    page.on("console", (message) => {
      if (message.type() === "error" && !isExpected(message.text())) loud.push(message.text());
    });
    page.on("pageerror", (error) => loud.push(String(error)));
    await use(page);
    expect(loud, "the page wrote errors to the console").toEqual([]);
  },
  logIn: async ({ context, portal }, use) => {
    await use(async (userName) => {
      const value = await portal.hub.sessionFor(userName);
      await context.addCookies([{ name: sessionCookieName(portal.url), value, url: portal.url, httpOnly: true }]);
    });
  },
});

/** The browser writes the first for every 4xx and 5xx answer a test asks for, React the second on the error page. */
function isExpected(text: string): boolean {
  return text.startsWith("Failed to load resource") || text.includes("React error #441");
}

export { expect };
