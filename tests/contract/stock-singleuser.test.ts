import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { WebSocket } from "ws";
import { cullCandidates } from "#db/culling.ts";
import { findServerById } from "#db/servers.ts";
import { askJupyter } from "#server/culler/ask-jupyter.ts";
import { jupyterQuestion } from "#server/culler/look.ts";
import { CookieBrowser } from "#tests/fakes/cookie-browser.ts";
import { addUser } from "#tests/fakes/hub-under-test.ts";
import { type StockPortal, startStockPortal } from "#tests/fakes/stock-portal.ts";
import { testJupyterhub } from "#tests/jupyterhub.ts";

let portal: StockPortal;
let ana: string;
let server: string;

/** Waits for what a real program takes its time for. */
async function untilThat<T>(what: () => Promise<T | false | null | undefined>, title: string): Promise<T> {
  const deadline = performance.now() + 60_000;
  for (;;) {
    const value = await what();
    if (value) return value;
    if (performance.now() > deadline) throw new Error(`timed out waiting for ${title}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

const row = async () => (await findServerById(portal.hub.db, server))?.server;

beforeAll(async () => {
  const { jupyter } = await testJupyterhub();
  portal = await startStockPortal(jupyter, {
    singleuser: {
      profileList: [
        {
          display_name: "Stock",
          kubespawner_override: {
            cmd: "jupyterhub-singleuser",
            default_url: "/lab",
            environment: { JUPYTERHUB_ACTIVITY_INTERVAL: "1" },
          },
        },
      ],
    },
  });
  for (const name of ["ana", "bob"]) await addUser(portal.hub, name);
  ana = await portal.signIn("ana");
  const started = await portal.mutate(ana, "servers.start", { user: "ana", name: "" });
  server = (started.data as { id: string }).id;
  const phase = await untilThat(async () => {
    const now = await row();
    return (now?.phase === "ready" || now?.phase === "failed") && now;
  }, "the server");
  expect(phase.phase, JSON.stringify(phase.failure)).toBe("ready");
}, 300_000);
afterAll(() => portal?.stop(), 60_000);

const browserOf = (session: string) => new CookieBrowser(portal.port, portal.url.origin, session);

/** Runs one cell over the kernel's WebSocket, as the page does; resolves with its result, and with how the socket ends. */
async function execute(browser: CookieBrowser, kernel: string, code: string) {
  const session = randomUUID();
  const target = `/user/ana/api/kernels/${kernel}/channels?session_id=${session}`;
  const socket = new WebSocket(`ws://127.0.0.1:${portal.port}${target}`, {
    headers: { cookie: browser.cookieFor("/user/ana/"), host: portal.url.host, origin: portal.url.origin },
  });
  const closed = new Promise<number>((resolve) => socket.once("close", resolve));
  const result = new Promise<string>((resolve, reject) => {
    socket.once("error", reject);
    socket.on("message", (data) => {
      const message = JSON.parse(data.toString());
      if (message.msg_type === "error") reject(new Error(message.content.evalue));
      if (message.msg_type === "execute_result") resolve(message.content.data["text/plain"]);
    });
  });
  await new Promise((resolve, reject) => socket.once("open", resolve).once("error", reject));
  const header = {
    ...{ msg_id: randomUUID(), msg_type: "execute_request", username: "", session, version: "5.3" },
    date: new Date().toISOString(),
  };
  const content = {
    code,
    silent: false,
    store_history: false,
    user_expressions: {},
    allow_stdin: false,
    stop_on_error: true,
  };
  socket.send(JSON.stringify({ channel: "shell", header, parent_header: {}, metadata: {}, content }));
  return { result: await result, closed };
}

test("stock jupyterhub-singleuser starts, finds the hub and agrees about the version", async () => {
  expect(portal.asked[0]).toBe("200 GET /hub/api");
  const log = (await portal.hub.spawner.logTail({ ...refOf(await row()) }, 200)).join("\n");
  expect(log).toContain("JupyterHubSingleUser");
  expect(log).not.toMatch(/redirect loops|version mismatch|Traceback/i);
});

function refOf(found: Awaited<ReturnType<typeof row>>) {
  if (found === undefined) throw new Error("the server is gone");
  const { id: serverId, generation, namespace, objectName, runId } = found;
  return { serverId, generation, namespace, objectName, runId };
}

test("from the login to a cell that runs: the page, the OAuth round, JupyterLab, the kernel's API and its WebSocket", async () => {
  const browser = browserOf(await portal.signIn("ana"));
  const { answer, url, hops } = await browser.open("/user/ana/");
  expect([answer.status, url.pathname], hops.join("\n")).toEqual([200, "/user/ana/lab"]);
  expect(hops.filter((hop) => hop.includes("oauth"))).toEqual([
    "302 /hub/api/oauth2/authorize",
    "302 /user/ana/oauth_callback",
  ]);
  expect(answer.text).toContain('"hubUser": "ana"');
  const made = await browser.fetch("POST", "/user/ana/api/kernels", { name: "python3" });
  expect(made.status, made.text).toBe(201);
  expect((await execute(browser, String(made.json().id), "6 * 7")).result).toBe("42");
  // What the page of JupyterLab sends with each request: the token it was given, which comes through the edge.
  const token = /"token": "(berth_\w+)"/.exec(answer.text)?.[1] ?? "";
  const asPage = { cookie: browser.cookieFor("/user/ana/"), authorization: `token ${token}` };
  expect((await portal.ask("/user/ana/api/kernels", { headers: asPage })).status).toBe(200);
  // And a script with that token alone.
  expect((await portal.ask("/user/ana/api/kernels", { headers: { authorization: `token ${token}` } })).status).toBe(
    200,
  );
});

test("an API token of the owner opens the server; one that may not, another's, or none at all, doesn't", async () => {
  const make = async (cookie: string, scopes: string[] | null) => {
    const made = await portal.mutate(cookie, "tokens.create", { note: "", expiresInSeconds: null, scopes });
    return (made.data as { token: string }).token;
  };
  const status = async (token: string) =>
    (await portal.ask("/user/ana/api/contents", { headers: { authorization: `token ${token}` } })).status;
  expect(await status(await make(ana, null))).toBe(200);
  expect(await status(await make(ana, ["access:servers!server=ana/"]))).toBe(200);
  expect(await status(await make(ana, ["read:servers!user=ana"]))).toBe(404);
  expect(await status(await make(await portal.signIn("bob"), null))).toBe(404);
  expect((await portal.ask("/user/ana/api/contents")).status).toBe(403);
});

test("S-13 (e): an answer that was meant for another browser, and a made-up state, are refused by the server itself", async () => {
  const [one, other] = [browserOf(await portal.signIn("ana")), browserOf(await portal.signIn("ana"))];
  const begun = await one.step("/user/ana/lab");
  const back = await one.step(begun.headers.location ?? "");
  const callback = new URL(back.headers.location ?? "", portal.url);
  expect(callback.pathname).toBe("/user/ana/oauth_callback");
  expect((await other.step(`${callback.pathname}${callback.search}`)).status).toBe(403);
  callback.searchParams.set("state", "made-up");
  expect((await one.step(`${callback.pathname}${callback.search}`)).status).toBe(403);
});

test("S-13 (g): two tabs of one browser, their logins interleaved, both end well", async () => {
  const browser = browserOf(await portal.signIn("ana"));
  const [lab, tree] = [await browser.step("/user/ana/lab"), await browser.step("/user/ana/lab/tree")];
  const backs = [await browser.step(tree.headers.location ?? ""), await browser.step(lab.headers.location ?? "")];
  for (const back of backs) {
    const { answer, hops } = await browser.open(back.headers.location ?? "");
    expect(answer.status, hops.join("\n")).toBe(200);
  }
});

test("activity reports arrive and are taken", async () => {
  const report = "200 POST /hub/api/users/ana/activity";
  const before = portal.asked.filter((line) => line === report).length;
  await portal.hub.db.execute("update servers set last_activity_at = now() - interval '1 hour'");
  const browser = browserOf(await portal.signIn("ana"));
  await browser.open("/user/ana/");
  await browser.fetch("POST", "/user/ana/api/kernels", { name: "python3" });
  await untilThat(async () => portal.asked.filter((line) => line === report).length > before, "a report");
  const seen = await untilThat(async () => {
    const at = (await row())?.lastActivityAt;
    return at != null && Date.now() - at.getTime() < 60_000 && at;
  }, "the activity");
  expect(seen.getTime()).toBeLessThanOrEqual(Date.now());
  expect(portal.asked.filter((line) => /^[45]/.test(line))).toEqual([]);
});

test("R-07: the culler hears from the server itself that a silent cell computes", async () => {
  const browser = browserOf(await portal.signIn("ana"));
  await browser.open("/user/ana/");
  const made = await browser.fetch("POST", "/user/ana/api/kernels", { name: "python3" });
  const candidate = (await cullCandidates(portal.hub.db)).find(({ id }) => id === server);
  const question = candidate === undefined ? null : jupyterQuestion(candidate);
  if (question === null) throw new Error("nobody would be asked");
  const answer = () => askJupyter(question, Date.now(), new AbortController().signal);
  await untilThat(async () => (await answer()).kind === "quiet", "an idle kernel");
  const running = execute(browser, String(made.json().id), "import time; time.sleep(3); 7");
  await untilThat(async () => (await answer()).kind === "busy", "a busy kernel");
  expect((await running).result).toBe("7");
  const wrong = { ...question, header: { name: "Authorization", value: "token wrong" } };
  expect(await askJupyter(wrong, Date.now(), new AbortController().signal)).toEqual({ kind: "no-answer" });
});

test("S-15, S-16: logging out ends it at once: pages go to the login, the API and the page's token are refused, the WebSocket closes", async () => {
  const session = await portal.signIn("ana");
  const browser = browserOf(session);
  const { answer } = await browser.open("/user/ana/");
  const token = /"token": "(berth_\w+)"/.exec(answer.text)?.[1] ?? "";
  const made = await browser.fetch("POST", "/user/ana/api/kernels", { name: "python3" });
  const { closed } = await execute(browser, String(made.json().id), "1 + 1");
  await portal.signOut(session);
  expect(await closed).toBe(4401);
  expect((await browser.fetch("GET", "/user/ana/api/kernels")).status).toBe(403);
  const page = await browser.step("/user/ana/lab");
  expect([page.status, page.headers.location?.split("?", 1)[0]]).toEqual([302, "/hub/login"]);
  const byToken = await portal.ask("/user/ana/api/kernels", { headers: { authorization: `token ${token}` } });
  expect(byToken.status).toBe(403);
});
