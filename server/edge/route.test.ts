import { describe, expect, test } from "vitest";
import type { RouteMessage } from "#server/internal/messages.ts";
import { type Destination, routeFor, siteOf } from "./route.ts";
import { RouteTable } from "./route-table.ts";

const site = siteOf(new URL("https://portal.example.org"), null);
const userSite = siteOf(new URL("https://portal.example.org"), "users.example.org");

function routeOf(ownerName: string, serverName = ""): RouteMessage {
  return {
    serverId: `${ownerName}|${serverName}`,
    runId: `run-${ownerName}|${serverName}`,
    generation: 1,
    ownerId: ownerName,
    ownerName,
    serverName,
    prefix: `/user/${encodeURIComponent(ownerName)}/${serverName === "" ? "" : `${serverName}/`}`,
    originLabel: ownerName,
    target: { kind: "tcp", host: "127.0.0.1", port: 1 },
    stripPrefix: false,
    auth: "edge",
    inject: null,
    access: [],
  };
}

const owners = ["a", "ab", "A", "ana", "b", "a;", "a/b", "üser", "user@email.com", "a--b", "-x", "%61", "."];
const table = new RouteTable({ connectTimeoutSeconds: 1, idleTimeoutSeconds: 1 });
table.replaceAll([...owners.map((owner) => routeOf(owner)), routeOf("a", "second"), routeOf("ana", "lab2")], []);

/** Where a target ends: a server's id, `none`, a part of the portal, or the status it is refused with. */
function endOf(target: string): string {
  const destination = routeFor(target, "portal.example.org", site);
  if (destination.kind === "refused") return String(destination.status);
  if (destination.kind !== "server") return destination.kind;
  return table.find(destination)?.entry.server.serverId ?? "none";
}

/**
 * The other parser of the differential: WHATWG's URL, as browsers and most servers resolve a path. Where it sees another owner than
 * the edge does, the edge must have refused.
 */
function ownerByUrl(target: string): string | null {
  if (!URL.canParse(target, "https://portal.example.org")) return null;
  const [, user, owner = ""] = new URL(target, "https://portal.example.org").pathname.split("/");
  if (user !== "user") return null;
  try {
    return decodeURIComponent(owner);
  } catch {
    return null;
  }
}

const beginnings = [
  "/user/a",
  "/user/ab",
  "/user/%61",
  "/user/A",
  "/user/a%2Fb",
  "/user/%2561",
  "/user/a/second",
  "//user/b",
  "/user//a",
  "/USER/a",
];
const middles = [
  "",
  "/",
  "/lab",
  "/./lab",
  "/../b/lab",
  "/%2e%2e/b",
  "/.%2E/b/",
  "/..;/b",
  ";/b",
  "%2f..%2fb",
  "%5c..%5cb",
  "\\..\\b",
  "/\\b",
  "%00",
  "/%00",
  "/%ff",
  "%ff",
  "%",
  "%zz",
  "%e0%a4",
  "/a%2fb",
  "//b",
  "/%2e",
  "/%2E%2E%2F",
  "/x%20y",
  " /x",
  "\t",
  "/\u00fc",
  "/%C3%BC",
  "#x",
  "?x=/../user/b",
  "?#",
  "/x?y#z",
  "@b",
  "%40b",
  "/second/../b",
  "/lab%3Fx",
];
const corpus = [
  ...beginnings.flatMap((beginning) => middles.map((middle) => beginning + middle)),
  ...[
    "*",
    "",
    "/",
    "http://other/",
    "http://portal.example.org/user/b",
    "user/a",
    "?x",
    "/user",
    "/user/",
    "/user/.",
    "/user/..",
    "/user/%2e",
    "/hub/../user/a",
    "/%2e%2e/user/b",
    "/user/a\r\nX: y",
    "/user/a\u0000",
  ],
];

describe("routeFor", () => {
  test(`S-50: over ${corpus.length} targets the edge and a URL parser never see two different owners`, () => {
    expect(corpus.length).toBeGreaterThanOrEqual(300);
    const differing = corpus.filter((target) => {
      const end = endOf(target);
      if (!end.includes("|")) return false;
      return end.split("|")[0] !== ownerByUrl(target);
    });
    expect(differing).toEqual([]);
    // The corpus is no empty exercise: it reaches servers, and it is refused.
    expect(corpus.filter((target) => endOf(target).includes("|")).length).toBeGreaterThan(60);
    expect(corpus.filter((target) => endOf(target) === "400").length).toBeGreaterThan(60);
  });

  test.each([
    ["/user/a/../b", "400"],
    ["/user/a/%2e%2e/b", "400"],
    ["/user/a/.", "400"],
    ["//user/b", "400"],
    ["/user/a;/b", "a;|"],
    ["/user/ab/x", "ab|"],
    ["/user/abc/x", "none"],
    ["/user/A/x", "A|"],
    ["/user/%61/x", "a|"],
    ["/user/%2561/x", "%61|"],
    ["/user/a%2Fb/x", "a/b|"],
    ["/user/a%5c/x", "none"],
    ["/user/a\\b", "400"],
    ["/user/a%00", "400"],
    ["/user/%ff", "400"],
    ["/user/%C3%BCser/", "üser|"],
    ["/user/user@email.com/", "user@email.com|"],
    ["/user/user%40email.com/", "user@email.com|"],
    ["/user/a/second/x", "a|second"],
    ["/user/a/s%65cond/x", "a|second"],
    ["/user/a/secon", "a|"],
    ["/user/a/second2", "a|"],
    ["/user/a/SECOND", "a|"],
    ["http://other/user/a", "400"],
    ["*", "400"],
    ["/user/a#x", "400"],
    ["/user/a?x#y", "400"],
    ["/user/", "404"],
  ])("S-50: %s leads to %s", (target, end) => expect(endOf(target)).toBe(end));

  test.each([
    ["/edge/health", "health"],
    ["/edge/health?x=1", "health"],
    ["/edge/health/", "web"],
    ["/edge/healthz", "web"],
    ["/edge/health;x", "web"],
    ["/edge%2Fhealth", "web"],
    ["/user/a/x?y=/edge/health", "a|"],
    ["/user/a%2f..%2f..%2fedge%2fhealth", "none"],
    ["/user/a/../../edge/health", "400"],
    ["/edge/health%23/user/a", "web"],
    ["/hub/api", "hub-api"],
    ["/hub/api/users", "hub-api"],
    ["/hub/apis", "web"],
    ["/hub/API/users", "web"],
    ["/hub/health", "hub-api"],
    ["/hub/health/x", "web"],
    ["/hub/enter?server=1", "hub-api"],
    ["/hub/home", "web"],
    ["/api/trpc/servers.list", "hub-api"],
    ["/api/auth/session", "web"],
    ["/", "web"],
  ])("S-36: public and portal paths match exactly: %s is %s", (target, end) => expect(endOf(target)).toBe(end));

  test.each([
    ["portal.example.org", "server"],
    ["ana.users.example.org", "server"],
    ["PORTAL.example.org", "421"],
    ["portal.example.org.", "421"],
    ["portal.example.org:443", "421"],
    ["portal.example.org:80", "421"],
    ["evil@portal.example.org", "421"],
    ["portal.example.org.evil.com", "421"],
    ["ana.users.example.org:443.evil", "421"],
    ["ana.users.example.org.", "421"],
    ["Ana.users.example.org", "421"],
    ["a.b.users.example.org", "421"],
    ["users.example.org", "421"],
    [".users.example.org", "421"],
    ["-a.users.example.org", "421"],
    ["anausers.example.org", "421"],
    ["xn--ana-é.users.example.org", "421"],
    ["", "421"],
  ])("S-51: Host %s is answered as %s", (host, end) => {
    const destination: Destination = routeFor("/user/ana/", host, userSite);
    expect(destination.kind === "refused" ? String(destination.status) : destination.kind).toBe(end);
  });

  test("S-51: a user's origin serves that label's paths, its own entrance and nothing of the portal", () => {
    const at = (target: string) => routeFor(target, "ana.users.example.org", userSite);
    expect(at("/user/ana/x")).toMatchObject({ kind: "server", label: "ana" });
    expect(at("/.berth/enter?code=1")).toEqual({ kind: "enter", label: "ana" });
    expect(at("/hub/home")).toEqual({ kind: "portal-page" });
    expect(at("/api/trpc/servers.list")).toEqual({ kind: "refused", status: 404 });
    expect(routeFor("/.berth/enter", "portal.example.org", userSite)).toEqual({ kind: "web" });
  });
});
