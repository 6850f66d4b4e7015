import { get } from "node:http";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { until } from "#tests/fakes/hub-under-test.ts";
import type { Answer } from "#tests/fakes/portal-client.ts";
import { type Portal, startPortal } from "#tests/fakes/whole-portal.ts";

let portal: Portal;
let root: string;
const pages = "application/jupyterhub-pagination+json";

beforeAll(async () => {
  portal = await startPortal({
    config: {
      singleuser: {
        profileList: [
          { display_name: "Small", default: true },
          {
            display_name: "Choice",
            profile_options: {
              image: {
                display_name: "Image",
                choices: { one: { display_name: "One" }, two: { display_name: "Two" } },
                unlisted_choice: { enabled: true, validation_regex: "reg/.+" },
              },
            },
          },
        ],
      },
    },
  });
  await portal.addUsers("ana", "bob", "cleo");
  await portal.addAdmin("root");
  root = await tokenOf("root");
});
afterAll(() => portal.stop());

async function tokenOf(user: string, scopes: readonly string[] | null = null): Promise<string> {
  const cookie = await portal.signIn(user);
  const made = await portal.mutate(cookie, "tokens.create", { note: "", scopes, expiresInSeconds: 3600 });
  return (made.data as { token: string }).token;
}

async function ask(
  token: string,
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<Answer> {
  return await portal.ask(`/hub/api${path}`, {
    method,
    headers: { authorization: `token ${token}`, "content-type": "application/json", ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
}

const serverOf = async (token: string, path: string) => (await ask(token, "GET", path)).json();
const untilReady = (user: string, path: string) =>
  until(async () => (await serverOf(root, `/users/${user}${path}`)).ready === true, `${user}${path}`);

describe("what every answer has", () => {
  test("the version, with a slash at the end or without, and errors as {status, message}", async () => {
    for (const path of ["", "/"]) {
      const answer = await portal.ask(`/hub/api${path}`);
      expect([answer.status, answer.json().version]).toEqual([200, answer.headers["x-jupyterhub-version"]]);
    }
    for (const path of ["/users/ana", "/users/ana/"]) expect((await ask(root, "GET", path)).status).toBe(200);
    const none = await ask(root, "GET", "/users/nobody");
    expect(none.json()).toMatchObject({ status: 404, message: "There is no user called “nobody”." });
    expect(none.headers["x-jupyterhub-version"]).toMatch(/^5\./);
    const bearer = await portal.ask("/hub/api/user", { headers: { authorization: `Bearer ${root}` } });
    expect(bearer.json()).toMatchObject({ kind: "user", name: "root", admin: true });
  });

  test("vscode-jupyter's questions are answered: /info, and who I am by a login's cookie", async () => {
    expect((await ask(root, "GET", "/info")).json()).toMatchObject({
      version: expect.stringMatching(/^5\./),
      spawner: { class: "berth.local" },
    });
    const ana = await portal.signIn("ana");
    const who = (await portal.ask("/hub/api/user", { headers: { cookie: ana } })).json();
    expect(who).toMatchObject({ name: "ana", session_id: expect.stringMatching(/^[0-9a-f]{32}$/), server: null });
  });
});

describe("users", () => {
  test("a plain list without the pages' Accept, pages with it; the address of the next page is one the client reaches", async () => {
    await ask(root, "POST", "/users", {
      usernames: Array.from({ length: 12 }, (_, index) => `page${String(index).padStart(2, "0")}`),
    });
    const plain = (await ask(root, "GET", "/users?name_filter=page")).json();
    expect(plain).toHaveLength(12);
    const names: string[] = [];
    for (let path: string | null = "/users?name_filter=page&limit=5&sort=-name"; path !== null; ) {
      const { items, _pagination } = (await ask(root, "GET", path, undefined, { accept: pages })).json() as {
        items: { name: string }[];
        _pagination: { offset: number; limit: number; total: number; next: { url: string; offset: number } | null };
      };
      expect(_pagination).toMatchObject({ limit: 5, total: 12, offset: names.length });
      names.push(...items.map((item) => item.name));
      const next = _pagination.next;
      expect(next?.offset ?? names.length).toBe(names.length);
      path = next === null ? null : next.url.replace(`${portal.url.origin}/hub/api`, "");
    }
    expect(names).toEqual([...names].sort().reverse());
    expect(new Set(names).size).toBe(12);
    for (const bad of ["limit=0", "limit=x", "offset=-1", "state=sleeping", "sort=colour"])
      expect((await ask(root, "GET", `/users?${bad}`)).status, bad).toBe(400);
  });

  test("a model has what a client reads, and only the keys its token may", async () => {
    const ana = await portal.signIn("ana");
    await portal.startServer(ana, "ana");
    const whole = (await ask(root, "GET", "/users/ana")).json();
    expect(whole).toEqual({
      kind: "user",
      name: "ana",
      admin: false,
      roles: ["user"],
      groups: [],
      created: expect.stringMatching(/Z$/),
      last_activity: expect.any(String),
      auth_state: null,
      pending: null,
      server: "/user/ana/",
      servers: {
        "": {
          name: "",
          full_name: "ana/",
          last_activity: null,
          started: expect.stringMatching(/Z$/),
          pending: null,
          ready: true,
          stopped: false,
          url: "/user/ana/",
          full_url: `${portal.url.origin}/user/ana/`,
          user_options: { profile: "small" },
          progress_url: "/hub/api/users/ana/server/progress",
          full_progress_url: `${portal.url.origin}/hub/api/users/ana/server/progress`,
          state: { pod_name: "jupyter-ana", namespace: "local", profile_name: "small" },
        },
      },
    });
    const keys = async (scopes: string[]) =>
      Object.keys((await ask(await tokenOf("root", scopes), "GET", "/users/ana")).json());
    expect(await keys(["read:users:name"])).toEqual(["kind", "name"]);
    expect(await keys(["read:users:name", "read:users:activity"])).toEqual(["kind", "name", "last_activity"]);
    expect(await keys(["read:servers!user=ana"])).toEqual(["kind", "name", "server", "pending", "servers"]);
    const narrow = (await ask(await tokenOf("root", ["read:servers!user=ana"]), "GET", "/users/ana/server")).json();
    expect(narrow).not.toHaveProperty("state");
  });

  test("state says who runs something; stopped servers are left out unless asked for", async () => {
    const named = async (state: string) =>
      ((await ask(root, "GET", `/users?state=${state}&sort=name`)).json() as unknown as { name: string }[]).map(
        (user) => user.name,
      );
    expect(await named("ready")).toEqual(["ana"]);
    expect(await named("active")).toEqual(["ana"]);
    expect(await named("inactive")).not.toContain("ana");
    const bob = await portal.signIn("bob");
    await portal.startServer(bob, "bob");
    await ask(root, "DELETE", "/users/bob/server");
    const servers = async (query: string) => Object.keys((await serverOf(root, `/users/bob${query}`)).servers ?? {});
    expect([await servers(""), await servers("?include_stopped_servers")]).toEqual([[], [""]]);
  });

  test("making, changing and deleting them", async () => {
    const made = await ask(root, "POST", "/users", { usernames: ["Dora", "ana"], admin: false });
    expect([made.status, (made.json() as unknown as { name: string }[]).map((user) => user.name)]).toEqual([
      201,
      ["dora"],
    ]);
    expect((await ask(root, "POST", "/users", { usernames: ["ana", "dora"] })).status).toBe(409);
    expect((await ask(root, "POST", "/users/emil", {})).json()).toMatchObject({ name: "emil", admin: false });
    expect((await ask(root, "PATCH", "/users/emil", { admin: true })).json()).toMatchObject({ admin: true });
    expect((await ask(root, "PATCH", "/users/emil", { name: "otto" })).status).toBe(400);
    const { token: emil } = (await ask(root, "POST", "/users/emil/tokens", {})).json() as { token: string };
    expect((await ask(emil, "GET", "/user")).json()).toMatchObject({ name: "emil" });
    expect((await ask(root, "DELETE", "/users/emil")).status).toBe(204);
    expect((await ask(emil, "GET", "/user")).status).toBe(403);
    expect((await ask(root, "GET", "/users/emil")).status).toBe(404);
    expect((await ask(root, "DELETE", "/users/emil")).status).toBe(404);
    expect((await ask(root, "DELETE", "/users/root")).json().message).toContain("your own account");
  });

  test("one with files isn't deleted along with the name, and nothing of theirs is stopped; without files their server is stopped first", async () => {
    const refused = await ask(root, "DELETE", "/users/ana");
    expect([refused.status, refused.json().message]).toEqual([409, expect.stringContaining("claim-ana")]);
    expect(await serverOf(root, "/users/ana/server")).toMatchObject({ ready: true });
    const dora = await portal.hub.systemContext("test");
    expect((await ask(root, "POST", "/users/dora/server", {})).status).toBe(202);
    await untilReady("dora", "/server");
    await dora.db.execute("update homes set removed_at = now() where name = 'claim-dora'");
    expect((await ask(root, "DELETE", "/users/dora")).status).toBe(204);
    const left = await dora.db.execute("select name from servers s where object_name = 'jupyter-dora'");
    expect(left.rows).toEqual([]);
    expect([...portal.spawner.runs.values()].map((run) => run.order.owner.name)).not.toContain("dora");
  });
});

describe("servers", () => {
  test("a start is 202, what runs is 400, a stop is 204, each once more likewise", async () => {
    const token = await tokenOf("cleo");
    const started = await ask(token, "POST", "/users/cleo/server");
    expect([started.status, started.text, started.headers["content-type"]]).toEqual([202, "", "text/plain"]);
    await untilReady("cleo", "/server");
    const again = await ask(token, "POST", "/users/cleo/server");
    expect([again.status, again.json().message]).toEqual([400, "cleo/ is already running."]);
    for (const _ of [1, 2]) expect((await ask(token, "DELETE", "/users/cleo/server")).status).toBe(204);
    expect((await ask(token, "DELETE", "/users/cleo/server", { remove: true })).status).toBe(400);
  });

  test("options come bare as in 5, wrapped as in 6, typed as KubeSpawner's form has them", async () => {
    const token = await tokenOf("cleo");
    const startedWith = async (name: string, body: unknown) => {
      const started = await ask(token, "POST", `/users/cleo/servers/${name}`, body);
      expect(started.status, started.text).toBe(202);
      return (await serverOf(token, `/users/cleo/servers/${name}`)).user_options;
    };
    expect(await startedWith("a", { profile: "choice", image: "two" })).toEqual({ profile: "choice", image: "two" });
    expect(await startedWith("b", { display_name: "B", user_options: { profile: "choice", image: ["one"] } })).toEqual({
      profile: "choice",
      image: "one",
    });
    expect(await startedWith("c", { profile: "choice", "image--unlisted-choice": "reg/x" })).toEqual({
      profile: "choice",
      "image--unlisted-choice": "reg/x",
    });
    for (const body of [
      { profile: "none" },
      { profile: "choice", image: "three" },
      { surprise: "x" },
      { profile: 7 },
      { image: { a: 1 } },
    ])
      expect((await ask(token, "POST", "/users/cleo/servers/d", body)).status, JSON.stringify(body)).toBe(400);
    expect((await ask(token, "POST", "/users/cleo/servers/lab", {})).json().message).toContain("Jupyter uses itself");
  });

  test("a named one is removed with its stop, and its home is kept", async () => {
    const token = await tokenOf("cleo");
    await untilReady("cleo", "/servers/a");
    expect((await ask(token, "DELETE", "/users/cleo/servers/a", { remove: true })).status).toBe(204);
    expect((await ask(token, "GET", "/users/cleo/servers/a")).status).toBe(404);
    const { rows } = await portal.hub.db.execute("select removed_at from homes where name like 'claim-cleo--a%'");
    expect(rows).toEqual([{ removed_at: null }]);
  });

  test("another's server is nobody else's business, by whichever path", async () => {
    const bob = await tokenOf("bob");
    for (const [method, path] of [
      ["POST", "/users/ana/server"],
      ["DELETE", "/users/ana/server"],
      ["GET", "/users/ana/server"],
      ["GET", "/users/ana/server/progress"],
      ["POST", "/users/ana/servers/x"],
      ["GET", "/users/nobody/server"],
    ])
      expect((await ask(bob, method ?? "", path ?? "")).status, path).toBe(403);
    expect(await serverOf(root, "/users/ana/server")).toMatchObject({ ready: true });
  });

  test("progress is told as it happens and ends with where to go; none for what isn't starting", async () => {
    const token = await tokenOf("bob");
    expect((await ask(token, "GET", "/users/bob/server/progress")).status).toBe(400);
    portal.spawner.onStart = () => "wait";
    await ask(token, "POST", "/users/bob/server");
    const id = await until(
      async () => [...portal.spawner.runs.values()].find((run) => run.order.owner.name === "bob")?.ref.serverId,
      "the run",
    );
    const events = eventsOf(token, "/users/bob/server/progress");
    const first = await events.next();
    expect(first.value).toMatchObject({ progress: expect.any(Number), message: expect.any(String) });
    portal.spawner.onStart = () => "run";
    await portal.spawner.setRunning(id);
    let last = first.value;
    for await (const event of events) last = event;
    expect(last).toEqual({
      progress: 100,
      ready: true,
      message: "Your server is ready.",
      html_message: "Your server is ready.",
      url: "/user/bob/",
    });
    const after: unknown[] = [];
    for await (const event of eventsOf(token, "/users/bob/server/progress")) after.push(event);
    expect(after).toEqual([last]);
  });
});

/** Reads the stream as it comes. */
async function* eventsOf(token: string, path: string): AsyncGenerator<Record<string, unknown>> {
  const response = await new Promise<AsyncIterable<string>>((resolve, reject) => {
    const headers = { authorization: `token ${token}`, host: portal.url.host };
    const asking = get(
      { host: "127.0.0.1", port: portal.port, path: `/hub/api${path}`, headers, agent: false },
      (answer) => {
        expect([answer.statusCode, answer.headers["content-type"]]).toEqual([200, "text/event-stream"]);
        resolve(answer.setEncoding("utf8"));
      },
    );
    asking.once("error", reject);
  });
  let text = "";
  for await (const part of response) {
    text += part;
    for (let end = text.indexOf("\n\n"); end >= 0; end = text.indexOf("\n\n")) {
      const event = text.slice(0, end).trim();
      text = text.slice(end + 2);
      if (event.startsWith("data: ")) yield JSON.parse(event.slice(6)) as Record<string, unknown>;
    }
  }
}

describe("activity", () => {
  const seen = async () => Date.parse(String((await serverOf(root, "/users/ana/server")).last_activity));
  const report = async (at: Date, name = "") =>
    await ask(root, "POST", "/users/ana/activity", {
      last_activity: at.toISOString(),
      servers: { [name]: { last_activity: at.toISOString() } },
    });

  test("counts, never goes backwards, and a clock that runs ahead buys nothing", async () => {
    await portal.hub.db.execute("update servers set last_activity_at = now() - interval '2 hours'");
    const now = portal.clock.now().getTime();
    expect((await report(new Date(now - 60_000))).status).toBe(200);
    expect(await seen()).toBe(now - 60_000);
    await report(new Date(now - 120_000));
    expect(await seen()).toBe(now - 60_000);
    expect((await report(new Date(now + 30 * 60_000))).status).toBe(200);
    expect(await seen()).toBeLessThanOrEqual(portal.clock.now().getTime());
    expect((await report(new Date(now + 61 * 60_000))).status).toBe(400);
  });

  test("of a server or a user that isn't there is refused, and nothing is kept of it", async () => {
    const before = await seen();
    const answer = await ask(root, "POST", "/users/ana/activity", {
      servers: {
        "": { last_activity: portal.clock.now().toISOString() },
        none: { last_activity: portal.clock.now().toISOString() },
      },
    });
    expect(answer.status).toBe(400);
    expect(await seen()).toBe(before);
    expect((await ask(root, "POST", "/users/nobody/activity", {})).status).toBe(404);
    expect(
      (await ask(root, "POST", "/users/ana/activity", { servers: { "": { last_activity: "yesterday" } } })).status,
    ).toBe(400);
  });
});

describe("tokens", () => {
  test("are made, told, and ended; their text is in one answer only", async () => {
    const ana = await tokenOf("ana");
    const made = await ask(ana, "POST", "/users/ana/tokens", {
      note: "mine",
      expires_in: 600,
      scopes: ["read:servers!user=ana"],
    });
    expect(made.status).toBe(201);
    const { token, id } = made.json() as { token: string; id: string };
    expect((await ask(token, "GET", "/users/ana/server")).status).toBe(200);
    expect((await ask(token, "POST", "/users/ana/tokens", {})).status).toBe(403);
    const listed = (await ask(ana, "GET", "/users/ana/tokens")).json() as { api_tokens: { id: string }[] };
    expect(listed.api_tokens.find((one) => one.id === id)).toMatchObject({
      ...{
        kind: "api_token",
        user: "ana",
        note: "mine",
        roles: [],
        scopes: ["read:servers!user=ana", "read:users:name!user=ana"],
      },
      expires_at: expect.any(String),
    });
    expect((await ask(ana, "GET", `/users/ana/tokens/${id}`)).text).not.toContain(token);
    expect((await ask(ana, "DELETE", `/users/ana/tokens/${id}`)).status).toBe(204);
    expect((await ask(token, "GET", "/user")).status).toBe(403);
    expect((await ask(ana, "DELETE", `/users/ana/tokens/${id}`)).status).toBe(404);
  });

  test("never say more than their owner may; another's can't be named; a password makes none", async () => {
    const ana = await tokenOf("ana");
    expect((await ask(ana, "POST", "/users/ana/tokens", { scopes: ["admin:users"] })).status).toBe(403);
    expect((await ask(ana, "POST", "/users/ana/tokens", { roles: ["admin"] })).status).toBe(400);
    const bobs = (await ask(await tokenOf("bob"), "POST", "/users/bob/tokens", {})).json() as {
      id: string;
      token: string;
    };
    expect((await ask(ana, "DELETE", `/users/ana/tokens/${bobs.id}`)).status).toBe(404);
    expect((await ask(ana, "DELETE", `/users/bob/tokens/${bobs.id}`)).status).toBe(403);
    expect((await ask(bobs.token, "GET", "/user")).status).toBe(200);
    const byPassword = await ask(ana, "POST", "/users/ana/tokens", { auth: { username: "ana", password: "x" } });
    expect(byPassword.status).toBe(403);
  });
});

describe("groups and the rest", () => {
  test("groups are made, filled, emptied and deleted", async () => {
    expect((await ask(root, "POST", "/groups", { groups: ["maths"] })).json()).toEqual([
      { kind: "group", name: "maths", roles: [], properties: {}, users: [] },
    ]);
    expect((await ask(root, "POST", "/groups/physics", { users: ["ana"] })).json()).toMatchObject({ users: ["ana"] });
    expect((await ask(root, "POST", "/groups/physics/users", { users: ["bob"] })).json()).toMatchObject({
      users: ["ana", "bob"],
    });
    expect((await ask(root, "DELETE", "/groups/physics/users", { users: ["ana"] })).json()).toMatchObject({
      users: ["bob"],
    });
    const bobSees = (await ask(await tokenOf("bob"), "GET", "/groups")).json();
    expect(bobSees).toEqual([{ kind: "group", name: "physics", roles: [], properties: {} }]);
    const { items, _pagination } = (await ask(root, "GET", "/groups?limit=1", undefined, { accept: pages })).json() as {
      items: { name: string }[];
      _pagination: { next: { url: string } };
    };
    expect([items[0]?.name, _pagination.next.url]).toEqual([
      "maths",
      `${portal.url.origin}/hub/api/groups?limit=1&offset=1`,
    ]);
    expect((await ask(root, "DELETE", "/groups/maths")).status).toBe(204);
    expect((await ask(root, "GET", "/groups/maths")).status).toBe(404);
    expect((await ask(root, "POST", "/groups/physics", {})).status).toBe(409);
  });

  test("the proxy tells its routes without a secret; what there is nothing of says so", async () => {
    const routes = await ask(root, "GET", "/proxy");
    expect(routes.json()["/user/ana/"]).toMatchObject({
      routespec: "/user/ana/",
      target: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
      data: { user: "ana", server_name: "", jupyterhub: true },
    });
    for (const { order } of portal.spawner.runs.values()) expect(routes.text).not.toContain(order.secret);
    expect((await ask(root, "GET", "/services")).json()).toEqual({});
    expect((await ask(root, "GET", "/services/announcement")).status).toBe(404);
    for (const [method, path] of [
      ["POST", "/proxy"],
      ["PATCH", "/proxy"],
      ["POST", "/shutdown"],
    ])
      expect((await ask(root, method ?? "", path ?? "", {})).json()).toMatchObject({
        status: 501,
        message: expect.any(String),
      });
  });
});
