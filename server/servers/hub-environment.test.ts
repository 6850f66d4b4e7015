import { describe, expect, test } from "vitest";
import type { ServerWithOwner } from "#db/servers.ts";
import { Config } from "#server/config/schema.ts";
import { resolveProfile } from "#server/profiles/resolve.ts";
import { hubEnvironment } from "./hub-environment.ts";
import { originLabelFor } from "./names.ts";

const id = "0b9d3c3e-7d0f-4b2b-9c55-5f6d5a0f3b11";

function environmentOf(
  ownerName: string,
  name: string,
  hub: object = {},
  cmd: object = { cmd: "jupyterhub-singleuser" },
) {
  const config = Config.parse({
    hub: { publicUrl: "https://lab.example.org", apiUrl: "http://10.96.0.9:8081/hub/api/", ...hub },
    singleuser: { profileList: [{ display_name: "Stock", kubespawner_override: cmd }] },
  });
  const asked = { config, profile: null, options: {}, user: { name: ownerName }, server: { name }, groups: [] };
  const resolved = resolveProfile(asked);
  if (!resolved.ok) throw new Error(resolved.problem.message);
  const server = { id, name, originLabel: originLabelFor(ownerName), spec: resolved.spec };
  return hubEnvironment(config, resolved.spec, { server, ownerName, ownerUid: null } as ServerWithOwner);
}

describe("what jupyterhub-singleuser is told (jupyterhub/spawner.py, `get_env`)", () => {
  test("everything it needs to start, to log in and to report", () => {
    expect(environmentOf("ana", "")).toEqual({
      JUPYTERHUB_USER: "ana",
      JUPYTERHUB_SERVER_NAME: "",
      JUPYTERHUB_SERVICE_PREFIX: "/user/ana/",
      JUPYTERHUB_SERVICE_URL: "http://0.0.0.0:8888/user/ana/",
      JUPYTERHUB_BASE_URL: "/",
      JUPYTERHUB_HOST: "",
      JUPYTERHUB_PUBLIC_URL: "https://lab.example.org/user/ana/",
      JUPYTERHUB_PUBLIC_HUB_URL: "https://lab.example.org/hub/",
      JUPYTERHUB_API_URL: "http://10.96.0.9:8081/hub/api",
      JUPYTERHUB_ACTIVITY_URL: "http://10.96.0.9:8081/hub/api/users/ana/activity",
      JUPYTERHUB_CLIENT_ID: `jupyterhub-server-${id}`,
      JUPYTERHUB_OAUTH_CALLBACK_URL: "/user/ana/oauth_callback",
      JUPYTERHUB_OAUTH_ACCESS_SCOPES: '["access:servers!server=ana/","access:servers!user=ana"]',
      JUPYTERHUB_OAUTH_SCOPES: '["access:servers!server=ana/","access:servers!user=ana"]',
      JUPYTERHUB_OAUTH_CLIENT_ALLOWED_SCOPES: "[]",
      MEM_LIMIT: expect.stringMatching(/^\d+$/),
      MEM_GUARANTEE: expect.stringMatching(/^\d+$/),
      CPU_LIMIT: expect.stringMatching(/^[\d.]+$/),
      CPU_GUARANTEE: expect.stringMatching(/^[\d.]+$/),
    });
  });

  test.each(["a@b.c", "ünï", "a--b", "-x", "x".repeat(70), "a/b", "a b", 'a"b'])(
    "a user called %j: names as they are, addresses escaped",
    (user) => {
      const environment = environmentOf(user, "second");
      const segment = encodeURIComponent(user);
      expect(environment).toMatchObject({
        JUPYTERHUB_USER: user,
        JUPYTERHUB_SERVER_NAME: "second",
        JUPYTERHUB_SERVICE_PREFIX: `/user/${segment}/second/`,
        JUPYTERHUB_OAUTH_CALLBACK_URL: `/user/${segment}/second/oauth_callback`,
        JUPYTERHUB_ACTIVITY_URL: `http://10.96.0.9:8081/hub/api/users/${segment}/activity`,
      });
      expect(JSON.parse(environment.JUPYTERHUB_OAUTH_ACCESS_SCOPES ?? "")).toEqual([
        `access:servers!server=${user}/second`,
        `access:servers!user=${user}`,
      ]);
    },
  );

  test("where users have origins of their own, the login is on the portal's and comes back to theirs", () => {
    expect(environmentOf("ana", "", { subdomainHost: "users.example.org" })).toMatchObject({
      JUPYTERHUB_HOST: "https://lab.example.org",
      JUPYTERHUB_PUBLIC_URL: "https://ana.users.example.org/user/ana/",
      JUPYTERHUB_OAUTH_CALLBACK_URL: "https://ana.users.example.org/user/ana/oauth_callback",
    });
  });

  test("a server the edge logs people in to is told nothing it could call the hub with", () => {
    const names = Object.keys(environmentOf("ana", "", {}, { cmd: ["jupyter", "lab"] }));
    expect(names.filter((name) => /API|OAUTH|CLIENT|ACTIVITY|TOKEN/.test(name))).toEqual([]);
  });
});
