import type { ServerResponse } from "node:http";
import type { Socket } from "node:net";
import fc from "fast-check";
import { afterEach, describe, expect, test } from "vitest";
import { RouteTable } from "#server/edge/route-table.ts";
import { ask, echo, type Rig, type RigOptions, routeTo, sendRaw, startRig, stoppedAs, until } from "#tests/edge-rig.ts";

let rig: Rig;
afterEach(async () => await rig.close());

const start = async (options: RigOptions = {}) => {
  rig = await startRig({ connectTimeoutSeconds: 1, ...options });
  return await rig.cookieOf("ana");
};
const get = (cookie: string, target = "/user/ana/api", ...headers: string[]) =>
  ask(rig.port, target, { host: rig.host, headers: [`Cookie: ${cookie}`, ...headers] });

/** A server that counts who came and keeps every answer open when told to. */
async function serverNamed(name: string) {
  const seen: { requests: number; held: ServerResponse[]; sockets: Set<Socket> } = {
    requests: 0,
    held: [],
    sockets: new Set(),
  };
  const target = await rig.serve((request, response) => {
    seen.requests += 1;
    seen.sockets.add(request.socket);
    if (request.url?.endsWith("/hold")) seen.held.push(response);
    else response.end(name);
  });
  return { target, seen };
}

describe("runs", () => {
  test("S-60: an address that passes to another user's pod is never asked for the first one's", async () => {
    const cookie = await start();
    const pod = await serverNamed("whoever has the address now");
    const first = routeTo(pod.target);
    rig.hub.send({ type: "route", route: first });
    await until(async () => (await get(cookie)).status === 200);
    // The first pod is gone; its address now belongs to bob's.
    rig.hub.send({ type: "stopped", server: stoppedAs("restarting") });
    await until(async () => (await get(cookie)).status === 424);
    rig.hub.send({ type: "route", route: routeTo(pod.target, { ownerName: "bob" }) });
    const bob = await rig.cookieOf("bob");
    await until(async () => (await get(bob, "/user/bob/api")).status === 200);
    const before = pod.seen.requests;
    const rounds = await Promise.all(Array.from({ length: 20 }, () => get(cookie)));
    expect(rounds.map(({ status }) => status)).toEqual(new Array(20).fill(424));
    expect(pod.seen.requests).toBe(before);
  });

  test.each(["runId", "target", "generation", "inject"] as const)(
    "S-61: a change of %s closes every kept connection before the new route is served",
    async (field) => {
      const cookie = await start();
      const [old, next] = [await serverNamed("old"), await serverNamed("next")];
      const route = routeTo(old.target);
      rig.hub.send({ type: "route", route });
      await until(async () => (await get(cookie)).status === 200);
      const held = get(cookie, "/user/ana/hold", "Accept: application/json");
      await until(() => old.seen.held.length === 1);
      const changed = { runId: "another", generation: 2, inject: { header: "Authorization", value: "token next" } };
      rig.hub.send({
        type: "route",
        route:
          field === "target"
            ? { ...route, target: next.target }
            : { ...route, [field]: changed[field], target: next.target },
      });
      expect((await held).status).toBe(424);
      await until(() => [...old.seen.sockets].every((socket) => socket.closed));
      await until(async () => (await get(cookie)).body === "next");
      const before = old.seen.requests;
      for (let round = 0; round < 10; round++) expect((await get(cookie)).body).toBe("next");
      expect(old.seen.requests).toBe(before);
    },
  );

  test("S-61: the same route said again keeps its connections", async () => {
    const cookie = await start();
    const server = await serverNamed("same");
    const route = routeTo(server.target);
    rig.hub.send({ type: "route", route });
    await until(async () => (await get(cookie)).status === 200);
    rig.hub.send({
      type: "route",
      route: { ...route, access: [...route.access, { userId: "id-bob", until: Date.now() + 60_000 }] },
    });
    const bob = await rig.cookieOf("bob");
    await until(async () => (await get(bob)).status === 200);
    expect(server.seen.sockets.size).toBe(1);
  });

  test("S-61: over 10,000 changes in any order each name leads to the server last set under it, and old runs are ended", async () => {
    await start();
    const step = fc.record({
      owner: fc.constantFrom("a", "b", "a/b"),
      name: fc.constantFrom("", "x"),
      run: fc.nat(3),
      what: fc.constantFrom("route", "stopped", "removed"),
    });
    fc.assert(
      fc.property(fc.array(step, { minLength: 100, maxLength: 100 }), (steps) => {
        const table = new RouteTable({ connectTimeoutSeconds: 1, idleTimeoutSeconds: 1 });
        const model = new Map<string, string>();
        for (const { owner, name, run, what } of steps) {
          const route = routeTo(
            { kind: "tcp", host: "127.0.0.1", port: 1 },
            { ownerName: owner, serverName: name, runId: `${run}` },
          );
          const before = table.byId(route.serverId);
          if (what === "route") table.setRoute(route);
          else if (what === "stopped") table.setStopped(route as never);
          else table.remove(route.serverId);
          model.set(`${owner}|${name}`, what === "route" ? `run ${run}` : what);
          const now = table.byId(route.serverId);
          if (before?.kind === "running" && (now?.kind !== "running" || now.run !== before.run))
            expect(before.run.ended).toBe(true);
        }
        for (const [key, expected] of model) {
          const [owner = "", name = ""] = key.split("|");
          const entry = table.byId(`server-${owner}-${name}`);
          const found =
            entry === undefined ? "removed" : entry.kind === "stopped" ? "stopped" : `run ${entry.run.route.runId}`;
          expect(found).toBe(expected);
          if (entry?.kind === "running") expect(entry.run.ended).toBe(false);
        }
      }),
      { numRuns: 100 },
    );
  });

  test("S-64: a redirect of a server is passed on and never followed", async () => {
    const cookie = await start();
    const inner = await serverNamed("inner");
    const target = await rig.serve((_request, response) => {
      const port = inner.target.kind === "tcp" ? inner.target.port : 0;
      response.writeHead(302, { location: `http://127.0.0.1:${port}/secret` }).end();
    });
    rig.hub.send({ type: "route", route: routeTo(target) });
    await until(async () => (await get(cookie)).status === 302);
    expect(inner.seen.requests).toBe(0);
  });
});

describe("a server that doesn't answer", () => {
  const page = "Accept: text/html";
  const routed = async (onConnection: (socket: Socket) => void, options: RigOptions = {}) => {
    const cookie = await start(options);
    const target = await rig.serveRaw(onConnection);
    rig.hub.send({ type: "route", route: routeTo(target) });
    await until(async () =>
      (
        await sendRaw(
          rig.port,
          `GET /user/ana HTTP/1.1\r\nHost: ${rig.host}\r\nCookie: ${cookie}\r\nConnection: close\r\n\r\n`,
        )
      ).startsWith("HTTP/1.1 302"),
    );
    return cookie;
  };

  test("F-17: refused connections are 503, with a page that offers a way out and JSON for programs", async () => {
    const cookie = await start();
    rig.hub.send({ type: "route", route: routeTo({ kind: "tcp", host: "127.0.0.1", port: 1 }) });
    await until(async () => (await get(cookie)).status === 503);
    expect(JSON.parse((await get(cookie)).body).code).toBe("refused-connection");
    const answer = await get(cookie, "/user/ana/lab", page);
    expect(answer.body).toContain("Your server doesn&#39;t answer");
    expect(answer.body).toContain(`href="${rig.origin}/hub/home"`);
  });

  test("F-17: a server that accepts and says nothing is 504 within the limit", async () => {
    const cookie = await routed(() => undefined, { idleTimeoutSeconds: 1 });
    const before = Date.now();
    expect((await get(cookie)).status).toBe(504);
    expect(Date.now() - before).toBeLessThan(4500);
  });

  test("F-17: a reset is 502, and a request that may have had an effect isn't sent twice", async () => {
    let asked = 0;
    const cookie = await routed((socket) => {
      socket.once("data", () => {
        asked += 1;
        socket.resetAndDestroy();
      });
    });
    const answer = await ask(rig.port, "/user/ana/x", {
      method: "POST",
      host: rig.host,
      headers: [`Cookie: ${cookie}`, `Origin: ${rig.origin}`],
      body: "once",
    });
    expect([answer.status, asked]).toEqual([502, 1]);
  });

  test("F-17: an answer cut short is cut short for the client too, never made whole", async () => {
    const cookie = await routed((socket) => {
      socket.once("data", () => socket.end("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf"));
    });
    const answer = await get(cookie);
    expect([answer.status, answer.headers.get("content-length")]).toEqual([200, ["100"]]);
    expect(answer.body.length).toBeLessThan(100);
  });

  test.each([
    [
      "a header with a bare line feed in it",
      "HTTP/1.1 302 Found\r\nLocation: /a\nSet-Cookie: berth-session=x\r\nContent-Length: 0\r\n\r\n",
    ],
    [
      "a header with a carriage return in it",
      "HTTP/1.1 302 Found\r\nLocation: /a\rSet-Cookie: x=y\r\nContent-Length: 0\r\n\r\n",
    ],
    ["two lengths", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab"],
    [
      "a length and chunks",
      "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n",
    ],
    ["an unasked 101", "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"],
    ["no HTTP at all", "SSH-2.0-OpenSSH\r\n\r\n"],
    [
      "a flood of 1xx",
      `${"HTTP/1.1 103 Early Hints\r\n\r\n".repeat(1000)}HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n`,
    ],
    ["a head without end", `HTTP/1.1 200 OK\r\n${`X-A: ${"a".repeat(1000)}\r\n`.repeat(100)}\r\n`],
  ])("S-56, S-53: %s is 502", async (_name, bytes) => {
    const cookie = await routed((socket) => {
      socket.once("data", () => socket.write(bytes, "latin1"));
    });
    const answer = await get(cookie);
    expect(answer.status).toBe(502);
    expect(answer.headers.has("set-cookie")).toBe(false);
  });

  test("an event stream's head and events come at once, not when it ends", async () => {
    const cookie = await start();
    const open: ServerResponse[] = [];
    const target = await rig.serve((request, response) => {
      if (!request.url?.endsWith("/events")) return echo(request, response);
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.flushHeaders();
      open.push(response);
    });
    rig.hub.send({ type: "route", route: routeTo(target) });
    await until(async () => (await get(cookie)).status === 200);
    const { connect } = await import("node:net");
    const client = connect(rig.port, "127.0.0.1");
    let text = "";
    client.on("data", (chunk) => {
      text += String(chunk);
    });
    client.write(`GET /user/ana/events HTTP/1.1\r\nHost: ${rig.host}\r\nCookie: ${cookie}\r\n\r\n`);
    await until(() => text.includes("text/event-stream"));
    open[0]?.write("data: 1\n\n");
    await until(() => text.includes("data: 1"));
    client.destroy();
    await until(() => open[0]?.closed === true);
  });
});
