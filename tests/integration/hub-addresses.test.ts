import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Answer, send } from "#tests/fakes/portal-client.ts";
import { allRows } from "#tests/fakes/rows.ts";
import { type Portal, startPortal } from "#tests/fakes/whole-portal.ts";
import { routerProcedures } from "./procedure-table.ts";

let portal: Portal;
let cookie: string;

beforeAll(async () => {
  portal = await startPortal();
  await portal.addAdmin("root");
  cookie = await portal.signIn("root");
});
afterAll(() => portal.stop());

/** Straight to the hub: it must not count on the edge. */
const askHub = (target: string, method: string, headers: Record<string, string>, body?: string): Promise<Answer> =>
  send({ socketPath: portal.socketOf("api") }, target, { method, headers, ...(body === undefined ? {} : { body }) });

/** Queries of the API too, JupyterHub's REST, the hub's own, and one nobody has made yet. */
const addresses = () => [
  ...routerProcedures().map(({ path }) => `/api/trpc/${path}`),
  ...["", "/", "/user", "/users", "/users/root", "/users/root/server", "/users/root/tokens", "/groups", "/proxy"].map(
    (path) => `/hub/api${path}`,
  ),
  ...["/hub/enter?server=x", "/hub/metrics", "/hub/api/shutdown", "/not/made/yet"],
];

const hostile = () => [
  { origin: "https://evil.example", "sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors" },
  { origin: "http://ana.users.localhost", "sec-fetch-site": "same-site", "sec-fetch-mode": "cors" },
  { origin: "null", "sec-fetch-site": "none", "sec-fetch-mode": "navigate" },
  { origin: portal.url.origin, "sec-fetch-site": "same-site" },
  { "sec-fetch-site": "same-origin", "sec-fetch-mode": "same-origin" },
  {},
];
const types = ["application/json", "application/x-www-form-urlencoded", "text/plain"];

test("S-07: no address of the hub takes a change with a cookie from anywhere but the portal's own page, whether there is anything or not", async () => {
  const before = await allRows(portal.hub.db);
  const wrong: string[] = [];
  for (const address of addresses())
    for (const [m, method] of ["POST", "PUT", "PATCH", "DELETE", "MOVE"].entries())
      for (const [n, headers] of hostile().entries()) {
        // With POST all of them; the decision itself is looked at with all methods in server/auth/xsrf.test.ts.
        if (method !== "POST" && n !== m) continue;
        const type = { "content-type": types[n % types.length] ?? "" };
        const { status } = await askHub(address, method, { cookie, ...type, ...headers }, "{}");
        if (status !== 403) wrong.push(`${status}: ${method} ${address} ${JSON.stringify(headers)}`);
      }
  expect(wrong).toEqual([]);
  expect(await allRows(portal.hub.db)).toEqual(before);
});

describe("S-36: what is public is so under its exact address alone", () => {
  const open = ["/hub/live", "/hub/health", "/hub/api/live", "/hub/api/health"];

  test.each(open)("%s answers anybody", async (address) => {
    expect((await askHub(address, "GET", {})).status).toBe(200);
  });

  test("in a query, a fragment, a parameter or a path that leads away it opens nothing, and no health checker's name does", async () => {
    const closed = ["/hub/metrics", "/hub/api/user", "/api/trpc/users.list"];
    for (const target of closed)
      for (const name of open)
        for (const made of [
          `${target}?x=${name}`,
          `${target}%23${name}`,
          `${target};${name}`,
          `${name}/..${target}`,
          `${name}%2f..${target.replaceAll("/", "%2f")}`,
          `${name}/../../${target.slice(1)}`,
        ])
          for (const agent of ["kube-probe/1.34", "GoogleHC/1.0"]) {
            const { status, text } = await askHub(made, "GET", { "user-agent": agent });
            expect([400, 401, 403, 404], made).toContain(status);
            expect(text).not.toContain("root");
          }
  });
});
