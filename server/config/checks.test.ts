import { describe, expect, test } from "vitest";
import { checkConfig } from "./checks.ts";
import { pathText } from "./problem.ts";
import { Config } from "./schema.ts";

const pathsOf = (values: unknown) => checkConfig(Config.parse(values), new Set()).map(({ path }) => pathText(path));
const oidc = (rules: Record<string, unknown>) => ({
  auth: { oidc: [{ id: "campus", displayName: "Campus", issuer: "https://idp.example.org", clientId: "x", ...rules }] },
});

describe("settings that are not safe together end the start", () => {
  test("plain http is for this machine only, unless a proxy speaks https in front or it is allowed", () => {
    expect(pathsOf({ proxy: { listen: "0.0.0.0:80" } })).toEqual(["proxy.listen"]);
    expect(pathsOf({ proxy: { listen: "[::]:80" } })).toEqual(["proxy.listen"]);
    expect(pathsOf({ proxy: { listen: "0.0.0.0:80" }, hub: { publicUrl: "http://hub.example.org" } })).toEqual([
      "hub.publicUrl",
    ]);
    expect(pathsOf({ proxy: { listen: "0.0.0.0:80" }, hub: { publicUrl: "https://hub.example.org" } })).toEqual([]);
    const insecure = { allowInsecure: true, publicUrl: "http://hub.example.org" };
    expect(pathsOf({ proxy: { listen: "0.0.0.0:80" }, hub: insecure })).toEqual([]);
    for (const listen of ["127.0.0.1:1", "127.9.9.9:1", "[::1]:1", "localhost:1"])
      expect(pathsOf({ proxy: { listen } })).toEqual([]);
    for (const listen of ["8000", "::1:80", "host:99999", "http://x:1"])
      expect(pathsOf({ proxy: { listen } })).toContain("proxy.listen");
  });

  test("a listener on every address needs to know which one people open", () => {
    expect(pathsOf({ proxy: { listen: "0.0.0.0:80" }, hub: { allowInsecure: true } })).toEqual(["proxy.listen"]);
  });

  test("users' origins beside the portal's are refused: a user may be called like the portal", () => {
    const hub = { publicUrl: "https://hub.example.org" };
    expect(pathsOf({ hub: { ...hub, subdomainHost: "example.org" } })).toEqual(["hub.subdomainHost"]);
    expect(pathsOf({ hub: { ...hub, subdomainHost: "hub.example.org" } })).toEqual(["hub.subdomainHost"]);
    expect(pathsOf({ hub: { ...hub, subdomainHost: "users.example.org" } })).toEqual([]);
  });

  test("the dummy login refuses a listener or an address others can reach, even where plain http is allowed", () => {
    const dummy = { auth: { dummy: { enabled: true } } };
    expect(pathsOf(dummy)).toEqual([]);
    const insecure = { allowInsecure: true, publicUrl: "http://localhost:80" };
    expect(pathsOf({ ...dummy, proxy: { listen: "0.0.0.0:80" }, hub: insecure })).toEqual(["auth.dummy"]);
    expect(pathsOf({ ...dummy, hub: { publicUrl: "https://hub.example.org" } })).toEqual(["auth.dummy"]);
    expect(pathsOf({ ...dummy, proxy: { listen: "localhost.evil.example:80" }, hub: { allowInsecure: true } })).toEqual(
      ["auth.dummy"],
    );
  });

  test.each(["0.0.0.0/0", "::/0", "0.0.0.0/1", "::ffff:0:0/96", "2000::/3", "10.0.0.0/33"])(
    "the trusted proxy %s is refused",
    (range) => {
      expect(pathsOf({ proxy: { trustedProxies: ["10.0.0.0/8", range] } })).toEqual(["proxy.trustedProxies[1]"]);
    },
  );

  test("S-22 a login without a rule lets nobody in, and says what to set", () => {
    expect(pathsOf(oidc({}))).toEqual(["auth.oidc[0]"]);
    expect(pathsOf(oidc({ adminUsers: ["ana"] }))).toEqual(["auth.oidc[0]"]);
    expect(pathsOf({ auth: { github: { clientId: "x", clientSecret: "y" } } })).toEqual(["auth.github"]);
    const [finding] = checkConfig(Config.parse(oidc({})), new Set());
    expect(finding?.message).toContain("“allowedUsers”");
  });

  test.each([
    [{ allowAll: true }],
    [{ allowedUsers: ["ana"] }],
    [{ allowedGroups: ["staff"], groupsClaim: "groups" }],
    [{ allowedEmailDomains: ["example.org"] }],
    [{ allowAll: true, allowedEmailDomains: ["example.org"] }],
  ])("S-22 the login with %j is one that was meant", (rules) => expect(pathsOf(oidc(rules))).toEqual([]));

  test("S-22 a rule without effect is refused: beside allowAll, without its claim, or as a pattern", () => {
    expect(pathsOf(oidc({ allowAll: true, allowedUsers: ["ana"] }))).toEqual(["auth.oidc[0].allowAll"]);
    expect(pathsOf(oidc({ allowedGroups: ["staff"] }))).toEqual(["auth.oidc[0].allowedGroups"]);
    for (const domain of ["@example.org", "*.example.org", ".org", "example", "good.org\n.evil.com"])
      expect(pathsOf(oidc({ allowedEmailDomains: [domain] }))).toEqual(["auth.oidc[0].allowedEmailDomains[0]"]);
  });

  test.each(["allowedUsers", "allowedGroups", "allowedEmailDomains", "adminUsers", "adminGroups"])(
    "S-22 an empty %s is refused, it could mean nobody or everybody",
    (key) => {
      expect(Config.safeParse(oidc({ allowAll: true, [key]: [] })).success).toBe(false);
    },
  );

  test("somebody can log in, and autoLogin leads somewhere", () => {
    expect(pathsOf({ auth: { local: { enabled: false } } })).toEqual(["auth.local.enabled"]);
    expect(
      pathsOf({ ...oidc({ allowAll: true }), auth: { ...oidc({ allowAll: true }).auth, autoLogin: "github" } }),
    ).toEqual(["auth.autoLogin"]);
  });

  test("a template for namespaces has fields that can be filled", () => {
    const template = (namespaceTemplate: string) => pathsOf({ spawner: { kubernetes: { namespaceTemplate } } });
    expect(template("berth-{username}")).toEqual([]);
    expect(template("berth-{group}")).toEqual([]);
    expect(template("berth")).toHaveLength(1);
    expect(template("berth-{userid}")).toHaveLength(1);
  });
});
