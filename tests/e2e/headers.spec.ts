import { request as httpRequest } from "node:http";
import { sessionCookieName } from "#server/auth/cookies.ts";
import { expect, test } from "./portal-fixture.ts";

const protectedPaths = [
  "/hub/home",
  "/hub/spawn",
  "/hub/spawn-pending/ana/is-starting",
  "/hub/token",
  "/hub/account",
  "/hub/admin/users",
  "/hub/admin/servers",
];

test("every answer carries the policy: frames, objects, base and forms shut (S-05)", async ({ request, portal }) => {
  const paths = [
    "/",
    "/hub/login",
    "/hub/no-such-page",
    "/hub/logo",
    "/api/auth/session",
    "/_next/image",
    "/_next/static/none.js",
    ...protectedPaths,
  ];
  for (const path of paths) {
    const headers = (await request.get(`${portal.url}${path}`, { maxRedirects: 0 })).headers();
    const policy = headers["content-security-policy"] ?? "";
    for (const part of [
      "frame-ancestors 'none'",
      "object-src 'none'",
      "base-uri 'none'",
      "form-action 'self'",
      "default-src 'none'",
    ]) {
      expect(policy, path).toContain(part);
    }
    expect(policy.split("style-src-attr")[0], path).not.toContain("unsafe");
    expect(headers, path).toMatchObject({
      "referrer-policy": "no-referrer",
      "x-content-type-options": "nosniff",
      "cross-origin-opener-policy": "same-origin",
    });
    expect(headers["cache-control"], path).toMatch(/^private, (?:.*, )?no-store/);
    expect(headers["x-powered-by"], path).toBeUndefined();
  }
});

test("a nonce is the request's own, and no script of a page runs without it", async ({ request, portal }) => {
  const nonces = new Set<string>();
  for (let round = 0; round < 3; round++) {
    const answer = await request.get(`${portal.url}/hub/login`, {
      headers: { "x-nonce": "chosen", "content-security-policy": "script-src 'nonce-chosen'" },
    });
    const nonce = /'nonce-([^']+)'/.exec(answer.headers()["content-security-policy"] ?? "")?.[1] ?? "";
    const html = await answer.text();
    expect(html).not.toContain('nonce="chosen"');
    for (const [tag] of html.matchAll(/<script\b[^>]*>/g)) expect(tag).toContain(`nonce="${nonce}"`);
    nonces.add(nonce);
  }
  expect(nonces.size).toBe(3);
});

/** Ways in which Next has been talked past its own checks. */
const disguises: Readonly<
  Record<string, (path: string) => { path: string; headers?: Record<string, string>; method?: string }>
> = {
  plain: (path) => ({ path }),
  head: (path) => ({ path, method: "HEAD" }),
  "x-middleware-subrequest": (path) => ({
    path,
    headers: { "x-middleware-subrequest": Array(5).fill("middleware").join(":") },
  }),
  "x-middleware-subrequest (src)": (path) => ({
    path,
    headers: { "x-middleware-subrequest": Array(5).fill("src/middleware").join(":") },
  }),
  "RSC header": (path) => ({ path, headers: { rsc: "1" } }),
  "RSC prefetch": (path) => ({ path, headers: { rsc: "1", "next-router-prefetch": "1" } }),
  "RSC query": (path) => ({ path: `${path}?_rsc=abc`, headers: { rsc: "1" } }),
  ".rsc": (path) => ({ path: `${path}.rsc` }),
  ".segments": (path) => ({ path: `${path}.segments/_tree.segment.rsc` }),
  data: (path) => ({ path: `/_next/data/build${path}.json` }),
  "trailing slash": (path) => ({ path: `${path}/` }),
  "double slash": (path) => ({ path: `/${path}` }),
  encoded: (path) => ({ path: path.replace("/hub", "/%68ub") }),
  locale: (path) => ({ path: `/en${path}` }),
  "x-invoke-path": (path) => ({ path: "/hub/login", headers: { "x-invoke-path": path, "x-matched-path": path } }),
};

for (const [name, disguise] of Object.entries(disguises)) {
  test(`nobody who isn't logged in gets data of a page: ${name} (S-80)`, async ({ portal }) => {
    for (const path of protectedPaths) {
      const target = disguise(path);
      const body = await bodyOf(portal.url, target.path, {
        method: target.method ?? "GET",
        headers: target.headers ?? {},
      });
      for (const secret of ["student-001", "claim-ana", "VS Code on my laptop", "is-starting is"])
        expect(body, target.path).not.toContain(secret);
    }
  });
}

test("the same words are there for somebody who is logged in, so the test above can fail (S-80)", async ({
  portal,
}) => {
  const cookie = (user: string) =>
    portal.hub.sessionFor(user).then((value) => `${sessionCookieName(portal.url)}=${value}`);
  const home = await bodyOf(portal.url, "/hub/home", { method: "GET", headers: { cookie: await cookie("ana") } });
  expect(home).toContain("claim-ana");
  const users = await bodyOf(portal.url, "/hub/admin/users", {
    method: "GET",
    headers: { cookie: await cookie("admin") },
  });
  expect(users).toContain("student-001");
});

test("Server Actions are refused before Next sees them, whatever their body (S-81)", async ({ portal }) => {
  const bodies = ['["$1:__proto__:then"]', '{"then":"$1:constructor:constructor"}', '["$@0"]', "0"];
  for (const [index, body] of bodies.entries()) {
    for (const method of ["POST", "GET"]) {
      const headers = { "next-action": "a".repeat(40), "content-type": "text/plain;charset=UTF-8" };
      const status = await statusOf(portal.url, "/hub/login", { method, headers, body: method === "POST" ? body : "" });
      expect(status, `${method} ${index}`).toBe(400);
    }
    const multipart = { "content-type": "multipart/form-data; boundary=x" };
    expect(
      await statusOf(portal.url, "/", { method: "POST", headers: multipart, body: `--x\r\n\r\n${body}\r\n--x--` }),
    ).toBe(405);
  }
});

test("Next's image fetcher and source maps aren't there", async ({ request, portal }) => {
  expect((await request.get(`${portal.url}/_next/image?url=%2Flogo.svg&w=64&q=75`)).status()).toBe(404);
  const html = await (await request.get(`${portal.url}/hub/login`)).text();
  const scripts = [...html.matchAll(/src="(\/_next\/static\/[^"]+\.js)"/g)].map(([, path]) => path ?? "");
  expect(scripts.length).toBeGreaterThan(0);
  for (const path of scripts) {
    const answer = await request.get(`${portal.url}${path}`);
    expect(await answer.text()).not.toContain("sourceMappingURL");
    expect(answer.headers()["cache-control"]).toContain("immutable");
    expect((await request.get(`${portal.url}${path}.map`)).status()).toBe(404);
  }
});

type Sent = { readonly method: string; readonly headers: Record<string, string>; readonly body?: string };

/** By node:http: the path goes out byte for byte. */
function send(base: string, path: string, { method, headers, body }: Sent): Promise<{ status: number; text: string }> {
  const { hostname, port } = new URL(base);
  return new Promise((resolve, reject) => {
    const request = httpRequest({ hostname, port, path, method, headers }, (response) => {
      let text = JSON.stringify(response.headers);
      response.on("data", (chunk: Buffer) => {
        text += chunk.toString();
      });
      response.on("end", () => resolve({ status: response.statusCode ?? 0, text }));
    });
    request.on("error", reject);
    request.end(body);
  });
}

async function bodyOf(base: string, path: string, sent: Sent): Promise<string> {
  return (await send(base, path, sent)).text;
}

async function statusOf(base: string, path: string, sent: Sent): Promise<number> {
  return (await send(base, path, sent)).status;
}
