import type { Page } from "@playwright/test";
import { failureReasons } from "#tests/fakes/hub-data.ts";
import type { FakePortal } from "#tests/fakes/portal.ts";
import { expect, test } from "./portal-fixture.ts";
import { expectSoundInEveryLook } from "./sound.ts";

type Visit = {
  readonly name: string;
  readonly path: string;
  readonly as: string | null;
  /** What must be there before anything is judged. */
  readonly shows: string;
  readonly act?: (page: Page) => Promise<void>;
  /** Sets the scene; what it returns puts it back. */
  readonly prepare?: (portal: FakePortal) => () => void;
};

function provider(id: string, displayName: string) {
  const authorizationUrl = "https://login.example.org/authorize";
  return {
    id,
    displayName,
    kind: "oidc",
    clientId: "berth",
    authorizationUrl,
    scope: "openid",
    issuer: null,
    nonce: true,
  } as const;
}

const visits: readonly Visit[] = [
  { name: "login", path: "/hub/login", as: null, shows: "Log in to Berth" },
  { name: "login-throttled", path: "/hub/login?error=throttled&retry=42", as: null, shows: "Try again in 42 s." },
  { name: "login-admin-link", path: "/hub/login?code=good", as: null, shows: "Sign in as admin" },
  {
    name: "login-providers",
    path: "/hub/login",
    as: null,
    shows: "Log in with University",
    prepare: ({ hub }) => {
      const before = hub.login;
      hub.login = { ...before, providers: [provider("uni", "University"), provider("github", "GitHub")] };
      return () => {
        hub.login = before;
      };
    },
  },
  {
    name: "home-trust",
    path: "/hub/home",
    as: "fresh",
    shows: "Trusted users only",
    prepare: ({ hub }) => {
      hub.trustNotes = ["All servers share one address, so a server's page could act as another's user."];
      return () => {
        hub.trustNotes = [];
      };
    },
  },
  {
    name: "error",
    path: "/hub/home",
    as: "ana",
    shows: "This page can't be shown just now",
    prepare: ({ hub }) => {
      hub.down = true;
      return () => {
        hub.down = false;
      };
    },
  },
  { name: "home", path: "/hub/home", as: "ana", shows: "Running for" },
  { name: "home-fresh", path: "/hub/home", as: "fresh", shows: "Not started yet." },
  {
    name: "home-menu",
    path: "/hub/home",
    as: "ana",
    shows: "Running for",
    act: async (page) => {
      await page.getByRole("button", { name: "More for My server" }).click();
      await expect(page.getByRole("menuitem", { name: "Restart" })).toBeVisible();
    },
  },
  {
    name: "home-delete",
    path: "/hub/home",
    as: "ana",
    shows: "Running for",
    act: async (page) => {
      await page.getByRole("button", { name: "More for is-stopped" }).click();
      await page.getByRole("menuitem", { name: "Delete" }).click();
      await expect(page.getByRole("alertdialog")).toBeVisible();
    },
  },
  { name: "spawn", path: "/hub/spawn/ana/new-one", as: "ana", shows: "Course environment" },
  {
    name: "spawn-typed",
    path: "/hub/spawn/ana/new-one?opt-profile=course&opt-image--unlisted-choice=nonsense",
    as: "ana",
    shows: "Image address",
    act: async (page) => {
      await page.getByRole("button", { name: "Start" }).click();
      await expect(page.getByRole("textbox", { name: "Image address" })).toHaveAttribute("aria-invalid", "true");
    },
  },
  { name: "spawn-running", path: "/hub/spawn", as: "ana", shows: "running or on its way" },
  {
    name: "pending",
    path: "/hub/spawn-pending/ana/is-starting",
    as: "ana",
    shows: "Loading the software",
    act: async (page) => page.getByText("Details", { exact: true }).click(),
  },
  { name: "pending-stopped", path: "/hub/spawn-pending/ana/is-stopped", as: "ana", shows: "The server is stopped" },
  { name: "pending-unknown", path: "/hub/spawn-pending/ana/unknown", as: "ana", shows: "There is no server" },
  ...failureReasons.map((reason): Visit => {
    const path = `/hub/spawn-pending/failing${reason === "crashed" ? "" : `/${reason}`}`;
    return { name: `failure-${reason}`, path, as: "failing", shows: "What you can do" };
  }),
  { name: "token", path: "/hub/token", as: "ana", shows: "VS Code on my laptop" },
  { name: "account", path: "/hub/account", as: "ana", shows: "Change the password" },
  { name: "account-nothing-used", path: "/hub/account", as: "fresh", shows: "Nothing was used in this time." },
  {
    name: "announcements",
    path: "/hub/home",
    as: "fresh",
    shows: "On Sunday the portal is updated",
    prepare: ({ hub }) => {
      const times = { startsAt: new Date(), endsAt: null };
      hub.state.announcements = [
        {
          id: "n-1",
          message: "On Sunday the portal is updated.",
          severity: "warning",
          group: null,
          ...times,
          dismissible: true,
        },
        {
          id: "n-2",
          message: "Course files are in the shared folder.",
          severity: "info",
          group: "physics",
          ...times,
          dismissible: false,
        },
      ];
      return () => {
        hub.state.announcements = [];
      };
    },
  },
  { name: "logout", path: "/hub/logout", as: "ana", shows: "Log out?" },
  { name: "admin-users", path: "/hub/admin/users", as: "admin", shows: "1 to 25 of 66" },
  { name: "admin-servers", path: "/hub/admin/servers", as: "admin", shows: "25 of" },
  {
    name: "admin-open",
    path: "/hub/admin/servers?search=student-002",
    as: "admin",
    shows: "student-002",
    act: async (page) => {
      await page.getByRole("button", { name: "More for My server of student-002" }).click();
      await page.getByRole("menuitem", { name: "Open …" }).click();
      await expect(page.getByLabel("Reason")).toBeVisible();
    },
  },
  {
    name: "admin-disable",
    path: "/hub/admin/users?search=student-002",
    as: "admin",
    shows: "student-002",
    act: async (page) => {
      await page.getByRole("button", { name: "More for student-002" }).click();
      await page.getByRole("menuitem", { name: "Disable" }).click();
      await expect(page.getByRole("alertdialog")).toBeVisible();
    },
  },
  { name: "admin-forbidden", path: "/hub/admin/users", as: "ana", shows: "These pages are for admins." },
  { name: "not-found", path: "/hub/no-such-page", as: null, shows: "There is nothing here" },
];

for (const visit of visits) {
  test(`${visit.name}: no axe violation (WCAG 2.2 AA), no sideways scrolling, at 390 and 1440 px, light and dark; S-09 nothing runs`, async ({
    quietPage: page,
    portal,
    logIn,
  }) => {
    await page.addInitScript("window.__xss = () => { console.error('S-09: markup from data ran'); }");
    if (visit.as !== null) await logIn(visit.as);
    const undo = visit.prepare?.(portal);
    await expectSoundInEveryLook(page, visit.name, async () => {
      await page.goto(`${portal.url}${visit.path}`);
      await expect(page.getByText(visit.shows).first()).toBeVisible();
      await visit.act?.(page);
    });
    undo?.();
  });
}
