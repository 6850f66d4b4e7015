import { describe, expect, test } from "vitest";
import { contentSecurityPolicy, isInternalHeader, refusalFor, securityHeaders } from "./security-headers.ts";

const get = { method: "GET", path: "/hub/home", headers: {} };

describe("what reaches Next", () => {
  test("pages, and posts to the login alone", () => {
    expect(refusalFor(get)).toBeNull();
    expect(refusalFor({ ...get, method: "POST", path: "/api/auth/signout" })).toBeNull();
    expect(refusalFor({ ...get, method: "POST" })?.status).toBe(405);
    expect(refusalFor({ ...get, method: "PUT", path: "/api/auth/signout" })?.status).toBe(405);
  });

  test("no Server Action, whatever its method (S-81)", () => {
    expect(refusalFor({ ...get, headers: { "next-action": "x" } })?.status).toBe(400);
    expect(
      refusalFor({ ...get, method: "POST", path: "/api/auth/signout", headers: { "next-action": "x" } })?.status,
    ).toBe(400);
  });

  test("no image fetcher, no data routes, no absolute target (S-80)", () => {
    for (const path of ["/_next/image", "/_next/image/", "/_next/data/x/hub/home.json"])
      expect(refusalFor({ ...get, path })?.status).toBe(404);
    expect(refusalFor({ ...get, path: "http://evil.example/" })?.status).toBe(400);
    expect(refusalFor({ ...get, path: "/_next/static/x.js" })).toBeNull();
  });

  test("no header only Next's own parts may set (CVE-2025-29927)", () => {
    for (const name of [
      "x-middleware-subrequest",
      "x-nextjs-data",
      "x-invoke-path",
      "x-matched-path",
      "x-nonce",
      "content-security-policy",
    ]) {
      expect(isInternalHeader(name), name).toBe(true);
    }
    for (const name of ["cookie", "rsc", "next-url", "accept"]) expect(isInternalHeader(name), name).toBe(false);
  });
});

describe("the policy (S-05)", () => {
  test("names no foreign source and allows no inline script but the request's own", () => {
    const policy = contentSecurityPolicy("abc");
    expect(policy).toContain("script-src 'self' 'nonce-abc';");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toMatch(/https?:|\*|unsafe-eval|script-src[^;]*unsafe/);
  });

  test("only the logo may be shown elsewhere", () => {
    expect(securityHeaders("abc", "/hub/logo")["cross-origin-resource-policy"]).toBe("cross-origin");
    expect(securityHeaders("abc", "/hub/home")["cross-origin-resource-policy"]).toBe("same-origin");
  });
});
