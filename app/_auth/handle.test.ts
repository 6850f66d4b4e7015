import { NextRequest } from "next/server";
import { beforeAll, describe, expect, test } from "vitest";
import { setWebSettings } from "#server/web/settings.ts";
import { handleAuth } from "./handle.ts";

const portal = "https://hub.example.org";
const nobody = { kind: "unix", path: "/nonexistent/berth.sock" } as const;

beforeAll(() =>
  setWebSettings({
    publicUrl: portal,
    internal: { target: nobody, key: null },
    hubApi: nobody,
    verifyKeyPem: "",
    secret: "s".repeat(43),
    brand: { name: "Berth", accent: "#2458b8", ink: "#ffffff", logo: null },
  }),
);

async function statusOf(
  method: string,
  action: string,
  headers: Record<string, string>,
  body?: string,
): Promise<number> {
  const length = body === undefined ? {} : { "content-length": String(body.length) };
  const request = new NextRequest(`${portal}/api/auth/${action}`, {
    method,
    headers: { cookie: "__Host-berth-session=right", ...length, ...headers },
    ...(body === undefined ? {} : { body }),
  });
  return (await handleAuth(request, { params: Promise.resolve({ nextauth: action.split("/") }) })).status;
}

const actions = ["signin/credentials", "signin/campus", "callback/credentials", "callback/campus", "signout"];
const origins = [
  portal,
  "null",
  "https://ana.users.example.org",
  "https://evil.example",
  `${portal}.evil.example`,
  null,
];
const sites = ["same-origin", "same-site", "cross-site", "none", null];
const modes = ["no-cors", "cors", "navigate", "same-origin", "websocket", null];
const types = [
  "application/json",
  "application/x-www-form-urlencoded",
  "multipart/form-data; boundary=x",
  "text/plain",
  null,
];

const given = (name: string, value: string | null): Record<string, string> => (value === null ? {} : { [name]: value });

describe("S-07: the login's own routes", () => {
  test.each(actions)("POST %s passes from a page of the portal alone, whatever its type and mode", async (action) => {
    for (const origin of origins)
      for (const site of sites)
        for (const mode of modes)
          for (const type of types) {
            const headers = {
              ...given("origin", origin),
              ...given("sec-fetch-site", site),
              ...given("sec-fetch-mode", mode),
              ...given("content-type", type),
            };
            const ours = origin === portal && (site === "same-origin" || site === null);
            // What passes finds no hub here, and says so.
            const expected = ours ? 503 : 403;
            expect(await statusOf("POST", action, headers, "x=1"), JSON.stringify(headers)).toBe(expected);
          }
  });

  test("no other method is a POST, and no other route exists", async () => {
    for (const method of ["PUT", "PATCH", "DELETE"])
      for (const action of ["signout", "signin/campus"])
        expect(await statusOf(method, action, { origin: portal }, "x=1"), `${method} ${action}`).toBe(404);
    for (const action of ["session", "providers", "_log", "verify-request", "signout/x", "callback"])
      expect(await statusOf("POST", action, { origin: portal }, "x=1"), action).toBe(404);
  });
});
