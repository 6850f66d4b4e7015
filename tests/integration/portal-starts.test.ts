import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { findServerById } from "#db/servers.ts";
import { createToken } from "#server/tokens/create.ts";
import { until } from "#tests/fakes/hub-under-test.ts";
import { type Portal, startPortal } from "#tests/fakes/whole-portal.ts";

const profileList = [
  {
    display_name: "Small one",
    slug: "small",
    default: true,
    kubespawner_override: { image: "jupyter/minimal:1", cpu_limit: 1, mem_limit: "1G" },
    profile_options: {
      image: {
        display_name: "Software",
        choices: {
          minimal: { display_name: "Minimal", default: true, kubespawner_override: { image: "jupyter/minimal:1" } },
          scipy: { display_name: "SciPy", kubespawner_override: { image: "jupyter/scipy:1" } },
        },
      },
    },
  },
  { display_name: "Large one", slug: "large", kubespawner_override: { cpu_limit: 4, mem_limit: "8G" } },
];

let portal: Portal;
let second: Portal;
let count = 0;

beforeAll(async () => {
  portal = await startPortal({ config: { singleuser: { profileList } } });
  second = await startPortal({ beside: portal, config: { singleuser: { profileList } } });
});
afterAll(async () => {
  await second.stop();
  await portal.stop();
});

async function somebody(): Promise<{ name: string; cookie: string }> {
  const name = `user${++count}`;
  await portal.addUsers(name);
  return { name, cookie: await portal.signIn(name) };
}

async function specOf(id: string): Promise<unknown> {
  return (await findServerById(portal.hub.db, id))?.server.spec;
}

describe("R-01: one server asked for at once over two hubs and two edges", () => {
  test("fifty starts with the same choices are one run, and everybody is told the same", async () => {
    for (let round = 0; round < 3; round++) {
      const { name, cookie } = await somebody();
      const before = portal.spawner.started.length;
      const called = await Promise.all(
        Array.from({ length: 50 }, (_, n) =>
          (n % 2 === 0 ? portal : second).mutate(cookie, "servers.start", { user: name, profile: "small" }),
        ),
      );
      expect(called.filter(({ code }) => code !== null)).toEqual([]);
      const ids = new Set(called.map(({ data }) => (data as { id: string }).id));
      expect(ids.size).toBe(1);
      const [id = ""] = ids;
      await until(async () => (await findServerById(portal.hub.db, id))?.server.phase === "ready", "ready");
      expect(portal.spawner.started.slice(before)).toEqual([`${id}#1`]);
      const { rows } = await portal.hub.db.execute(`select count(*)::int as n from homes where server_id = '${id}'`);
      expect(rows).toEqual([{ n: 1 }]);
      for (const one of [portal, second])
        await until(
          async () => (await one.ask(`/user/${name}/api`, { headers: { cookie } })).status === 200,
          "its route",
        );
    }
  });

  test("with different choices one wins, and the others are told what is starting", async () => {
    const { name, cookie } = await somebody();
    const choices = [
      { profile: "small", options: {} },
      { profile: "large", options: {} },
      { profile: "small", options: { image: "scipy" } },
    ];
    const called = await Promise.all(
      Array.from({ length: 30 }, async (_, n) => {
        const asked = choices[n % 3] ?? choices[0];
        return {
          asked,
          ...(await (n % 2 === 0 ? portal : second).mutate(cookie, "servers.start", { user: name, ...asked })),
        };
      }),
    );
    const won = called.filter(({ code }) => code === null);
    expect(new Set(won.map(({ asked }) => JSON.stringify(asked))).size).toBe(1);
    expect(won).toHaveLength(10);
    const lost = called.filter(({ code }) => code !== null);
    expect(new Set(lost.map(({ code }) => code))).toEqual(new Set(["conflict"]));
    expect(lost[0]?.message).toMatch(/with the profile “(small|large)”/);
    const ids = new Set(won.map(({ data }) => (data as { id: string }).id));
    expect(ids.size).toBe(1);
    expect(portal.spawner.started.filter((run) => ids.has(run.split("#")[0] ?? ""))).toHaveLength(1);
  });
});

describe("S-40: only what the profile offers reaches a server", () => {
  const injected: Record<string, unknown>[] = [
    { image: "evil" },
    { kubespawner_override: { image: "evil" } },
    { spec: { image: "evil" } },
    { node_selector: { a: "b" } },
    { tolerations: [] },
    { volumes: [] },
    { serviceAccount: "admin" },
    { hostPath: "/" },
    { privileged: true },
    { extraPodConfig: {} },
    { initContainers: [] },
    { env: { LD_PRELOAD: "/tmp/x" } },
    { environment: { LD_PRELOAD: "/tmp/x" } },
    { profile: "small", generation: 7 },
    { profile: { slug: "small" } },
    { options: { image: ["scipy"] } },
    { options: { image: "evil" } },
    { options: { image: "SciPy" } },
    { options: { image: "__proto__" } },
    { options: { image: "constructor" } },
    { options: { unknown: "x" } },
    { options: { __proto__: null, "image--unlisted-choice": "evil" } },
    { options: { image: "unlisted-choice", "image--unlisted-choice": "evil" } },
    { options: { cpu_limit: "64", mem_limit: "1T" } },
    { options: { "kubespawner_override.image": "evil" } },
  ];

  test("anything else is refused with nothing stored, and the server made afterwards is the profile's own", async () => {
    const golden = await somebody();
    const first = await portal.mutate(golden.cookie, "servers.start", { user: golden.name, profile: "small" });
    const expected = JSON.stringify(await specOf((first.data as { id: string }).id));
    expect(expected).not.toContain("evil");
    expect(JSON.parse(expected)).toMatchObject({
      cpu: { limitMillicores: 1000 },
      memory: { limitBytes: 1024 ** 3 },
      profile: { slug: "small" },
    });

    const { name, cookie } = await somebody();
    const made = await createToken(portal.hub.systemContext("test"), { user: name });
    for (const more of injected) {
      const input = { user: name, ...more };
      const said = JSON.stringify(more);
      expect((await portal.mutate(cookie, "servers.start", input)).code, said).toBe("invalid");
      const byToken = await portal.mutateWith({ authorization: `token ${made.token}` }, "servers.start", input);
      expect(byToken.code, said).toBe("invalid");
    }
    expect((await portal.query(cookie, "servers.list", { user: name })).data).toMatchObject([
      { id: "", phase: "stopped" },
    ]);

    const query = "?image=evil&profile=large&opt-image=scipy&kubespawner_override=%7B%7D";
    const body = JSON.stringify({ json: { user: name, profile: "small" } });
    const headers = { cookie, origin: portal.url.origin, "content-type": "application/json" };
    const started = await portal.ask(`/api/trpc/servers.start${query}`, { method: "POST", headers, body });
    expect(started.status).toBe(200);
    const { rows } = await portal.hub.db.execute<{ id: string }>(
      `select s.id from servers s join users u on u.id = s.user_id where u.name = '${name}'`,
    );
    const id = rows[0]?.id ?? "";
    // But for the owner's own name in it.
    expect(JSON.stringify(await specOf(id)).replaceAll(name, golden.name)).toBe(expected);

    await until(async () => (await findServerById(portal.hub.db, id))?.server.phase === "ready", "ready");
    for (const verb of ["servers.restart", "servers.startAgain", "servers.stop"])
      for (const more of injected)
        expect((await portal.mutate(cookie, verb, { user: name, ...more })).code, verb).toBe("invalid");
    expect((await portal.mutate(cookie, "servers.restart", { user: name })).code).toBeNull();
    expect(JSON.stringify(await specOf(id)).replaceAll(name, golden.name)).toBe(expected);
  });
});

describe("S-41: a profile is chosen by its slug, as it is when the start is asked for", () => {
  test("not by its place in the list, its title or a word JavaScript knows", async () => {
    const { name, cookie } = await somebody();
    const tried = [
      "0",
      "1",
      "-1",
      "default",
      "Small one",
      "Small",
      "SMALL",
      "small ",
      "small/../large",
      "__proto__",
      "constructor",
      "toString",
      "*",
    ];
    for (const profile of tried)
      expect((await portal.mutate(cookie, "servers.start", { user: name, profile })).code, profile).toBe("invalid");
    expect((await portal.query(cookie, "servers.list", { user: name })).data).toMatchObject([{ id: "" }]);
  });

  test("one that was taken away meanwhile starts nothing, nor does a server that had it", async () => {
    const { name, cookie } = await somebody();
    const id = await portal.startServer(cookie, name).then(async (found) => {
      await portal.mutate(cookie, "servers.stop", { user: name });
      return found;
    });
    await until(async () => (await findServerById(portal.hub.db, id))?.server.phase === "stopped", "stopped");
    const before = portal.spawner.started.length;
    const changed = await startPortal({
      beside: portal,
      config: { singleuser: { profileList: profileList.slice(1) } },
    });
    expect((await changed.mutate(cookie, "servers.startAgain", { user: name })).code).toBe("invalid");
    expect((await changed.mutate(cookie, "servers.start", { user: name, profile: "small" })).code).toBe("invalid");
    expect(portal.spawner.started).toHaveLength(before);
    await changed.stop();
  });
});
