import { describe, expect, test } from "vitest";
import { mayChangeState } from "./xsrf.ts";

const hub = "https://hub.example.org";
const origins = [
  hub,
  "null",
  "https://ana.users.example.org",
  "https://evil.example",
  "http://hub.example.org",
  "https://hub.example.org:8443",
  "",
  null,
];
const sites = ["same-origin", "same-site", "cross-site", "none", "", null];
const changing = ["POST", "PUT", "PATCH", "DELETE", "post", "MADE-UP"];

const matrix = changing.flatMap((method) =>
  origins.flatMap((origin) => sites.map((secFetchSite) => ({ method, origin, secFetchSite }))),
);

describe("S-07: with a cookie, only the hub's own page changes something", () => {
  test.each(matrix)("$method, Origin $origin, Sec-Fetch-Site $secFetchSite", ({ method, origin, secFetchSite }) => {
    const expected = origin === hub && (secFetchSite === "same-origin" || secFetchSite === null);
    expect(mayChangeState({ method, credential: "cookie", origin, secFetchSite }, hub)).toBe(expected);
    expect(mayChangeState({ method, credential: "none", origin, secFetchSite }, hub)).toBe(expected);
  });

  test.each(["GET", "HEAD", "OPTIONS"])("%s passes from anywhere, since it changes nothing", (method) => {
    for (const origin of origins) {
      expect(mayChangeState({ method, credential: "cookie", origin, secFetchSite: "cross-site" }, hub)).toBe(true);
    }
  });

  test("a token is sent by a program that means it, never by a browser on its own", () => {
    expect(
      mayChangeState(
        { method: "POST", credential: "token", origin: "https://evil.example", secFetchSite: "cross-site" },
        hub,
      ),
    ).toBe(true);
  });
});
