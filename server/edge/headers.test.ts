import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isPortalCookie, sessionCookiesIn, withoutPortalCookies } from "#server/auth/cookies.ts";
import { trustedProxies } from "./client-address.ts";
import { type Forwarded, type Receiver, requestHeaders } from "./headers.ts";
import { readHead } from "./request-head.ts";
import { responseHeaders } from "./response-headers.ts";

const forwarded: Forwarded = { client: "192.0.2.9", proto: "https", host: "portal", port: "443", requestId: "r" };
const server: Receiver = {
  kind: "server",
  ownLogin: "none",
  inject: { header: "Authorization", value: "token pod" },
};
const oauthServer: Receiver = { kind: "server", ownLogin: "without-portal-tokens", inject: null };
const portal: Receiver = { kind: "portal" };

function sent(lines: readonly string[], receiver: Receiver): Map<string, string[]> {
  const raw = ["Host", "portal", ...lines];
  const head = readHead(raw, "1.1");
  if ("kind" in head) throw new Error(head.reason);
  return byName(requestHeaders(raw, head, forwarded, receiver));
}

function byName(flat: readonly string[]): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (let index = 0; index < flat.length; index += 2) {
    const name = (flat[index] ?? "").toLowerCase();
    found.set(name, [...(found.get(name) ?? []), flat[index + 1] ?? ""]);
  }
  return found;
}

describe("what a server gets", () => {
  test("S-04: no cookie of the portal, whatever its spelling, and the others byte for byte", () => {
    const cookie = "a=1; __Host-berth-session=x;b = 2 ; berth-server-7=y; __Secure-next-auth.session-token=z; c";
    expect(sent(["Cookie", cookie], server).get("cookie")).toEqual(["a=1;b = 2 ; c"]);
    expect(sent(["Cookie", "berth-session=x"], server).get("cookie")).toBeUndefined();
    expect(sent(["Cookie", "=berth-session=x"], server).get("cookie")).toBeUndefined();
    expect(sent(["Cookie", cookie], portal).get("cookie")).toEqual([cookie]);
  });

  test("S-04: whatever a browser sends, no portal cookie's name is in what is left", () => {
    const name = fc.oneof(
      fc.constantFrom("berth-session", "__Host-berth-session", "__HOST-BERTH-x", "next-auth.csrf-token", "_xsrf", "a"),
      fc.string({ maxLength: 8 }),
    );
    const pair = fc.tuple(
      fc.constantFrom("", " ", "  "),
      name,
      fc.constantFrom("=", " = ", ""),
      fc.stringMatching(/^[a-z0-9=]{0,6}$/),
    );
    fc.assert(
      fc.property(fc.array(pair, { maxLength: 6 }), (pairs) => {
        const left = withoutPortalCookies(pairs.map((parts) => parts.join("")).join(";")) ?? "";
        for (const kept of left.split(";")) expect(isPortalCookie(kept.split("=")[0] ?? "")).toBe(false);
        expect(sessionCookiesIn(left, "berth-session")).toEqual([]);
      }),
      { numRuns: 500 },
    );
  });

  test("S-04: its own secret in place of any Authorization; with its own login only the portal's tokens go", () => {
    expect(sent(["Authorization", "Bearer berth_abc"], server).get("authorization")).toEqual(["token pod"]);
    expect(sent(["Authorization", "Basic x"], server).get("authorization")).toEqual(["token pod"]);
    expect(sent(["Authorization", "token berth_abc"], oauthServer).get("authorization")).toBeUndefined();
    expect(sent(["Authorization", "token theirs"], oauthServer).get("authorization")).toEqual(["token theirs"]);
    const owners = { ...oauthServer, ownLogin: "with-portal-tokens" as const };
    expect(sent(["Authorization", "token berth_abc"], owners).get("authorization")).toEqual(["token berth_abc"]);
    expect(sent(["Cookie", "a=1; berth-session=x"], owners).get("cookie")).toEqual(["a=1"]);
    expect(
      sent(["X-Secret", "mine", "X_Secret", "mine"], {
        ...oauthServer,
        inject: { header: "X-Secret", value: "s" },
      }).get("x-secret"),
    ).toEqual(["s"]);
  });

  const spoofed = ["For", "Host", "Proto", "Port", "Prefix", "Uri", "User", "Email", "Groups", "Method", "Server"].map(
    (name) => `X-Forwarded-${name}`,
  );
  const others = [
    "Forwarded",
    "X-Real-IP",
    "X-Original-URL",
    "X-Rewrite-URL",
    "X-HTTP-Method-Override",
    "X-Remote-User",
    "X-Auth-Request-User",
    "X-Portal-User",
    "X-Middleware-Subrequest",
    "X-Nextjs-Data",
    "X-Request-Id",
    "Proxy",
  ];
  test.each([...spoofed, ...others])("S-35: %s from outside reaches nobody, in any spelling", (name) => {
    for (const spelling of [name, name.toUpperCase(), name.toLowerCase(), name.replaceAll("-", "_")]) {
      for (const receiver of [server, oauthServer, portal]) {
        const values = [...sent([spelling, "evil", spelling, "evil"], receiver).values()].flat();
        expect(values).not.toContain("evil");
      }
    }
  });

  test("S-35: exactly one fresh value of each forwarding header", () => {
    const got = sent(["X-Forwarded-For", "1.1.1.1", "x-forwarded-for", "2.2.2.2"], server);
    expect(got.get("x-forwarded-for")).toEqual(["192.0.2.9"]);
    expect(got.get("x-forwarded-host")).toEqual(["portal"]);
    expect(got.get("x-forwarded-proto")).toEqual(["https"]);
    expect(got.get("x-forwarded-port")).toEqual(["443"]);
  });

  test("S-55: hop-by-hop headers stay, what Connection names goes, and no guard can be named away", () => {
    const lines = [
      "Connection",
      "keep-alive, X-Hop, cookie, authorization, host, x-forwarded-for, origin",
      "X-Hop",
      "1",
      "Cookie",
      "a=1",
      "Origin",
      "https://portal",
      "Keep-Alive",
      "timeout=1",
      "TE",
      "trailers",
      "Trailer",
      "X",
      "Upgrade",
      "websocket",
      "Proxy-Connection",
      "x",
      "Proxy-Authorization",
      "x",
    ];
    const got = sent(lines, server);
    for (const name of [
      "connection",
      "x-hop",
      "keep-alive",
      "te",
      "trailer",
      "upgrade",
      "proxy-connection",
      "proxy-authorization",
    ])
      expect(got.has(name), name).toBe(false);
    expect(got.get("cookie")).toEqual(["a=1"]);
    expect(got.get("origin")).toEqual(["https://portal"]);
    expect(got.get("authorization")).toEqual(["token pod"]);
    expect(got.get("x-forwarded-for")).toEqual(["192.0.2.9"]);
  });
});

describe("what a browser gets from a server", () => {
  const from = (...lines: string[]) => {
    const headers = responseHeaders(lines, { kind: "server", pageOrigin: "https://portal" });
    return headers === null ? null : byName(headers);
  };

  test("S-02: nothing that reaches beyond the server itself", () => {
    const got = from(
      "Service-Worker-Allowed",
      "/",
      "Clear-Site-Data",
      "*",
      "Strict-Transport-Security",
      "max-age=0",
      "Alt-Svc",
      "h3",
      "X-Accel-Redirect",
      "/etc",
      "X-Ok",
      "1",
    );
    expect([...(got?.keys() ?? [])]).toEqual(["x-ok", "cache-control"]);
  });

  test("S-02: cookies for other hosts, of the portal, or without a name are dropped, the server's own are kept", () => {
    const own = ["_xsrf=1; Path=/user/ana/", "x=1; HttpOnly", "domain=1; Path=/"];
    const bad = [
      "x=1; Domain=example.org",
      "x=1;DOMAIN = .example.org",
      "berth-session=1",
      "__Host-berth-session=1; Path=/",
      "next-auth.session-token=x",
      "=berth-session=x",
      "berth-session",
      " berth-server-1=x",
    ];
    expect(from(...[...own, ...bad].flatMap((value) => ["Set-Cookie", value]))?.get("set-cookie")).toEqual(own);
  });

  test("foreign CORS permissions are dropped, those for the server's own page stay", () => {
    expect(
      from("Access-Control-Allow-Origin", "*", "Access-Control-Allow-Credentials", "true")?.has(
        "access-control-allow-credentials",
      ),
    ).toBe(false);
    expect(from("Access-Control-Allow-Origin", "https://evil")?.has("access-control-allow-origin")).toBe(false);
    expect(
      from("Access-Control-Allow-Origin", "https://portal", "access-control-allow-origin", "*")?.has(
        "access-control-allow-origin",
      ),
    ).toBe(false);
    expect(from("Access-Control-Allow-Origin", "https://portal")?.get("access-control-allow-origin")).toEqual([
      "https://portal",
    ]);
  });

  test.each([
    ["public, max-age=60", "private, max-age=60"],
    ["max-age=60, s-maxage=600", "private, max-age=60"],
    ["no-store", "no-store"],
    ["private, max-age=5", "private, max-age=5"],
  ])("S-58: no shared cache keeps %s", (given, got) => {
    expect(from("Cache-Control", given)?.get("cache-control")).toEqual([got]);
  });

  test("S-58: without a word from the server it is private; from the portal not even stored", () => {
    expect(from("X", "1")?.get("cache-control")).toEqual(["private"]);
    expect(byName(responseHeaders(["X", "1"], { kind: "portal" }) ?? []).get("cache-control")).toEqual([
      "private, no-store",
    ]);
  });

  test("S-56: a line break or NUL in any value refuses the whole answer", () => {
    fc.assert(
      fc.property(
        fc.constantFrom("Location", "Set-Cookie", "X-Any"),
        fc.string(),
        fc.constantFrom("\r", "\n", "\0", "\u0100"),
        fc.string(),
        (name, before, bad, after) => {
          expect(from(name, before + bad + after)).toBeNull();
        },
      ),
    );
  });
});

describe("who asks", () => {
  const trusted = trustedProxies(["10.0.0.0/8", "fd00::/8"]);
  test("S-35: X-Forwarded-For counts from the right and only as far as trusted proxies wrote it", () => {
    expect(trusted.clientOf("203.0.113.1", "1.1.1.1")).toBe("203.0.113.1");
    expect(trusted.clientOf("10.1.1.1", "6.6.6.6, 192.0.2.1")).toBe("192.0.2.1");
    expect(trusted.clientOf("::ffff:10.1.1.1", "6.6.6.6, 192.0.2.1, 10.2.2.2")).toBe("192.0.2.1");
    expect(trusted.clientOf("10.1.1.1", "rubbish")).toBe("10.1.1.1");
    expect(trusted.clientOf("fd00::1", "2001:db8::1")).toBe("2001:db8::1");
    expect(trusted.clientOf("10.1.1.1", null)).toBe("10.1.1.1");
  });
  test("S-35: believing everybody is refused at the start", () => {
    expect(() => trustedProxies(["0.0.0.0/0"])).toThrow("believe everybody");
    expect(() => trustedProxies(["::/0"])).toThrow("believe everybody");
  });
});
