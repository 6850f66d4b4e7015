import { SignJWT } from "jose";
import { describe, expect, test } from "vitest";
import { isAllowedAction } from "./allowed-action.ts";
import { authCookies } from "./cookies.ts";
import { loginErrorOf, loginUrlFor, nextOf } from "./login-url.ts";
import { withHubExpiry } from "./session-expiry.ts";

const portal = "https://hub.example.org";

describe("where a login leads", () => {
  test("an absolute URL of this site becomes its path; any other the home page (S-11)", () => {
    expect(nextOf(`${portal}/hub/token?x=1`, portal)).toBe("/hub/token?x=1");
    expect(nextOf("/user/ana/lab", portal)).toBe("/user/ana/lab");
    for (const evil of [
      "https://evil.example/",
      `${portal}.evil.example/`,
      `${portal}//evil.example`,
      "//evil.example",
      "/\\evil",
      undefined,
      "",
    ]) {
      expect(nextOf(evil, portal), evil).toBe("/hub/home");
    }
  });

  test("a refusal keeps its reason, its wait and the way on", () => {
    expect(loginUrlFor({ kind: "refused", code: "throttled", retryAfterSeconds: 9 }, "/hub/token")).toBe(
      "/hub/login?error=throttled&retry=9&next=%2Fhub%2Ftoken",
    );
    expect(loginUrlFor({ code: "unavailable" }, "/hub/home")).toBe("/hub/login?error=unavailable");
  });

  test("an unknown code is a provider's trouble, and no text of an address reaches the page", () => {
    expect(loginErrorOf(undefined)).toBeNull();
    expect(loginErrorOf("wrong")).toBe("wrong");
    expect(loginErrorOf("<img src=x>")).toBe("provider");
  });
});

describe("next-auth's cookies", () => {
  test("are all tied to this host on https, so a user's own origin can't plant one", () => {
    const cookies = Object.values(authCookies(portal));
    expect(cookies.length).toBe(6);
    for (const { name, options } of cookies) {
      expect(name.startsWith("__Host-berth-")).toBe(true);
      expect(options).toMatchObject({ httpOnly: true, sameSite: "lax", path: "/", secure: true });
    }
  });

  test("the session's cookie ends with its token; others stay as they are", async () => {
    const token = await new SignJWT({})
      .setProtectedHeader({ alg: "HS256" })
      .setExpirationTime(2_000_000_000)
      .sign(new Uint8Array(32));
    const given = `berth-session=${token}; Path=/; Expires=Mon, 01 Jan 2024 00:00:00 GMT; HttpOnly; SameSite=Lax`;
    const kept = withHubExpiry(given, "berth-session");
    expect(kept).toBe(`berth-session=${token}; Path=/; HttpOnly; SameSite=Lax; Expires=Wed, 18 May 2033 03:33:20 GMT`);
    const cleared = "berth-session=; Path=/; Max-Age=0";
    expect(withHubExpiry(cleared, "berth-session")).toBe(cleared);
    expect(withHubExpiry("berth-csrf=abc; Path=/", "berth-session")).toBe("berth-csrf=abc; Path=/");
  });
});

describe("next-auth's routes", () => {
  test.each([
    ["GET", ["csrf"]],
    ["GET", ["callback", "uni"]],
    ["GET", ["error"]],
    ["POST", ["callback", "local"]],
    ["POST", ["signin", "uni"]],
    ["POST", ["signout"]],
  ] as const)("%s %j is in use", (method, action) => expect(isAllowedAction(method, action)).toBe(true));

  test.each([
    ["GET", ["session"]],
    ["GET", ["providers"]],
    ["GET", ["signin", "uni"]],
    ["GET", ["signout"]],
    ["POST", ["session"]],
    ["POST", ["_log"]],
    ["POST", ["callback", "local", "more"]],
    ["GET", []],
  ] as const)("%s %j is shut", (method, action) => expect(isAllowedAction(method, action)).toBe(false));
});
