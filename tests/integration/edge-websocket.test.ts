import { createHash } from "node:crypto";
import { connect, type Socket } from "node:net";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { sidHashOf } from "#server/auth/session-token.ts";
import { type Rig, routeTo, sendRaw, startRig, stoppedAs, until } from "#tests/edge-rig.ts";

const key = "dGhlIHNhbXBsZSBub25jZQ==";
const acceptOf = (value: string) =>
  createHash("sha1").update(`${value}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");
const good = `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${acceptOf(key)}\r\n\r\n`;

let rig: Rig;
let cookie: string;
let route: ReturnType<typeof routeTo>;
const sid = "s".repeat(43);
/** Heads that reached the server, and its sockets. */
let heads: string[];
let upstreams: Socket[];
/** What the server answers to an upgrade. */
let answer: string;

beforeEach(async () => {
  rig = await startRig();
  [heads, upstreams, answer] = [[], [], good];
  const target = await rig.serveRaw((socket) => {
    upstreams.push(socket);
    socket.once("data", (head) => {
      heads.push(head.toString("latin1"));
      socket.write(answer, "latin1");
      socket.on("data", (bytes) => socket.write(bytes));
    });
  });
  route = routeTo(target);
  rig.hub.send({ type: "route", route });
  cookie = await rig.cookieOf("ana", sid);
  await until(async () => !(await sendRaw(rig.port, upgradeHead("Origin: x"))).startsWith("HTTP/1.1 404"));
});
afterEach(async () => await rig.close());

function upgradeHead(...lines: string[]): string {
  const all = [
    `Host: ${rig.host}`,
    `Cookie: ${cookie}`,
    "Connection: Upgrade",
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 13",
    `Sec-WebSocket-Key: ${key}`,
    ...lines,
  ];
  return `GET /user/ana/ws HTTP/1.1\r\n${all.join("\r\n")}\r\n\r\n`;
}

async function open(): Promise<{ socket: Socket; bytes: () => Buffer }> {
  const socket = connect(rig.port, "127.0.0.1");
  const chunks: Buffer[] = [];
  socket.on("data", (chunk) => chunks.push(chunk));
  socket.on("error", () => undefined);
  socket.write(upgradeHead(`Origin: ${rig.origin}`));
  const bytes = () => Buffer.concat(chunks);
  await until(() => bytes().includes("\r\n\r\n"));
  expect(bytes().toString("latin1")).toMatch(/^HTTP\/1\.1 101 /);
  chunks.length = 0;
  return { socket, bytes };
}

describe("WebSockets", () => {
  test("bytes go both ways as they are, with the server's secret and without the portal's cookie (S-04)", async () => {
    const client = await open();
    client.socket.write(Buffer.from([0x81, 0x80, 1, 2, 3, 4]));
    await until(() => client.bytes().length === 6);
    expect([...client.bytes()]).toEqual([0x81, 0x80, 1, 2, 3, 4]);
    expect(heads[0]).toMatch(/\r\nauthorization: token secret-of-ana\r\n/i);
    expect(heads[0]).not.toContain("berth-session");
    client.socket.destroy();
  });

  test.each(["Origin: http://evil.example", "Origin: null", "X: no Origin"])(
    "%s is refused before anything arrives",
    async (line) => {
      expect(await sendRaw(rig.port, upgradeHead(line))).toMatch(/^HTTP\/1\.1 403 /);
      expect(heads).toEqual([]);
    },
  );

  test.each([
    ["h2c", ["Upgrade: websocket", "Upgrade: h2c"]],
    ["a list", ["Upgrade: websocket", "Upgrade: websocket, h2c"]],
    ["TLS/1.0", ["Upgrade: websocket", "Upgrade: TLS/1.0"]],
    ["another version", ["Version: 13", "Version: 8"]],
    ["a short key", [key, "abc"]],
    ["POST", ["GET /", "POST /"]],
    ["a body", ["\r\n\r\n", "\r\nContent-Length: 5\r\n\r\nhello"]],
    ["HTTP/1.0", ["HTTP/1.1", "HTTP/1.0"]],
  ])("S-54: an upgrade with %s is no tunnel", async (_name, [from = "", to = ""]) => {
    const text = await sendRaw(rig.port, upgradeHead(`Origin: ${rig.origin}`).replace(from, to));
    expect(text).toMatch(/^HTTP\/1\.1 4\d\d /);
    expect(heads).toEqual([]);
  });

  test.each([
    ["without an accept", good.replace(/Sec-WebSocket-Accept: [^\r]+\r\n/, "")],
    ["with another's accept", good.replace(acceptOf(key), acceptOf("x"))],
    ["to another protocol", good.replace("Upgrade: websocket", "Upgrade: h2c")],
    ["with rubbish for a head", "rubbish\r\n\r\n"],
  ])("S-54: a 101 %s is 502, and both sockets go", async (_name, lie) => {
    answer = lie;
    expect(await sendRaw(rig.port, upgradeHead(`Origin: ${rig.origin}`))).toMatch(/^HTTP\/1\.1 502 /);
    await until(() => upstreams.every((socket) => socket.closed));
  });

  test.each(["200 OK", "403 Forbidden", "302 Found"])(
    "S-54: a plain %s to an upgrade is passed on, then both sockets are closed",
    async (status) => {
      answer = `HTTP/1.1 ${status}\r\nContent-Length: 4\r\nClear-Site-Data: "*"\r\nSet-Cookie: berth-session=x\r\n\r\nnope`;
      const text = await sendRaw(
        rig.port,
        `${upgradeHead(`Origin: ${rig.origin}`)}GET /next HTTP/1.1\r\nHost: ${rig.host}\r\n\r\n`,
      );
      expect(text.startsWith(`HTTP/1.1 ${status}`)).toBe(true);
      expect(text.endsWith("\r\n\r\nnope")).toBe(true);
      expect(text).not.toMatch(/clear-site-data|set-cookie/i);
      expect(text.match(/HTTP\/1/g)?.length).toBe(1);
      await until(() => upstreams.every((socket) => socket.closed));
      expect(heads).toHaveLength(1);
    },
  );

  test("when either side ends, both do", async () => {
    const first = await open();
    first.socket.destroy();
    await until(() => upstreams.at(-1)?.closed === true);
    const second = await open();
    upstreams.at(-1)?.destroy();
    await until(() => second.socket.closed);
    const third = await open();
    third.socket.end();
    await until(() => upstreams.at(-1)?.closed === true && third.socket.closed);
    expect(await connections()).toBe(0);
  });

  test("a client that leaves during the handshake takes the server's socket with it", async () => {
    answer = "";
    const socket = connect(rig.port, "127.0.0.1");
    socket.write(upgradeHead(`Origin: ${rig.origin}`));
    await until(() => heads.length === 1);
    socket.destroy();
    await until(() => upstreams.every((upstream) => upstream.closed));
  });

  const farewell = (bytes: Buffer) => ({ opcode: bytes[0], code: bytes.length >= 4 ? bytes.readUInt16BE(2) : 0 });

  test.each([
    [
      "its session is revoked",
      () => rig.hub.send({ type: "session-revoked", session: { sidHash: sidHashOf(sid), until: Date.now() + 60_000 } }),
    ],
    ["its user is disabled", () => rig.hub.send({ type: "user-disabled", user: { userId: "id-ana", disabled: true } })],
  ])(
    "S-15, S-16: when %s an open WebSocket is told 4401 and closed, and no request gets in any more",
    async (_name, revoke) => {
      const client = await open();
      const before = Date.now();
      revoke();
      await until(() => client.socket.closed, 5000);
      expect(Date.now() - before).toBeLessThan(5000);
      expect(farewell(client.bytes())).toEqual({ opcode: 0x88, code: 4401 });
      expect(await sendRaw(rig.port, upgradeHead(`Origin: ${rig.origin}`))).toMatch(/^HTTP\/1\.1 403 /);
      expect(upstreams.every((socket) => socket.closed)).toBe(true);
    },
  );

  test("S-16: when access ends, by a change or by its time, the visitor's WebSocket is closed and the owner's stays", async () => {
    const owners = await open();
    const route = { ...routeTo({ kind: "tcp", host: "127.0.0.1", port: 1 }), ...lastRoute() };
    const [granted, until2s] = [
      { userId: "id-bob", until: Date.now() + 60_000 },
      { userId: "id-bob", until: Date.now() + 1500 },
    ];
    const ownersEntry = { userId: "id-ana", until: null };
    const asAna = cookie;
    for (const ending of [[ownersEntry], null]) {
      rig.hub.send({ type: "route", route: { ...route, access: [ownersEntry, ending === null ? until2s : granted] } });
      cookie = await rig.cookieOf("bob");
      await until(async () => !(await sendRaw(rig.port, upgradeHead("Origin: x"))).startsWith("HTTP/1.1 404"));
      const visitor = await open();
      if (ending !== null) rig.hub.send({ type: "route", route: { ...route, access: ending } });
      await until(() => visitor.socket.closed, 6000);
      expect(farewell(visitor.bytes()).code).toBe(4401);
      cookie = asAna;
    }
    expect(owners.socket.closed).toBe(false);
    owners.socket.destroy();
  });

  test("S-61: when the run changes its WebSockets are told 1012 and closed", async () => {
    const client = await open();
    rig.hub.send({ type: "removed", serverId: "server-ana-" });
    await until(() => client.socket.closed);
    expect(farewell(client.bytes())).toEqual({ opcode: 0x88, code: 1012 });
    expect(upstreams.every((socket) => socket.closed)).toBe(true);
  });

  test("an edge that stops tells its WebSockets to come back", async () => {
    const client = await open();
    await rig.edge.close(0);
    await until(() => client.socket.closed);
    expect(farewell(client.bytes())).toEqual({ opcode: 0x88, code: 1012 });
    expect(rig.edge.ready()).toBe(false);
  });

  test("an edge that drains takes nobody new and leaves WebSockets be until they end by themselves", async () => {
    const client = await open();
    let ended = false;
    const closing = rig.edge.close(0, 600).then(() => {
      ended = true;
    });
    await until(() => !rig.edge.ready());
    client.socket.write("still here");
    await until(() => client.bytes().includes("still here"));
    expect(await sendRaw(rig.port, upgradeHead(`Origin: ${rig.origin}`))).toBe("");
    expect(ended).toBe(false);
    client.socket.destroy();
    await closing;
  });

  test("one that comes a moment before the route of a start does is let through", async () => {
    rig.hub.send({ type: "stopped", server: stoppedAs("pending") });
    const upgrade = () => sendRaw(rig.port, upgradeHead(`Origin: ${rig.origin}`));
    await until(async () => (await upgrade()).startsWith("HTTP/1.1 424"));
    const opened = open();
    await new Promise((resolve) => setTimeout(resolve, 100));
    rig.hub.send({ type: "route", route });
    (await opened).socket.destroy();
  });

  test("those that are left when its time is over are told 1012, and not before", async () => {
    const client = await open();
    const startedMs = performance.now();
    const closing = rig.edge.close(0, 1);
    await until(() => client.bytes().length > 0);
    expect(performance.now() - startedMs).toBeGreaterThan(990);
    expect(farewell(client.bytes())).toEqual({ opcode: 0x88, code: 1012 });
    await closing;
  });

  test("F-16: no WebSocket falls while 10,000 routes of others come and go", async () => {
    const clients = await Promise.all(Array.from({ length: 20 }, () => open()));
    for (let index = 0; index < 5000; index++) {
      const route = routeTo(
        { kind: "tcp", host: "127.0.0.1", port: 1 },
        { ownerName: `u${index % 50}`, generation: index },
      );
      rig.hub.send({ type: "route", route });
      rig.hub.send({ type: "removed", serverId: route.serverId });
    }
    rig.hub.send({ type: "route", route: routeTo({ kind: "tcp", host: "127.0.0.1", port: 1 }, { ownerName: "last" }) });
    const last = await rig.cookieOf("last");
    await until(async () =>
      (
        await sendRaw(
          rig.port,
          `GET /user/last/api HTTP/1.1\r\nHost: ${rig.host}\r\nCookie: ${last}\r\nConnection: close\r\n\r\n`,
        )
      ).startsWith("HTTP/1.1 503"),
    );
    for (const client of clients) client.socket.write("still here");
    await until(() => clients.every((client) => client.bytes().toString() === "still here"));
    expect(rig.hub.streamsOpened).toBe(1);
    for (const client of clients) client.socket.destroy();
  });
});

function lastRoute() {
  const [route] = rig.hub.routesSent.slice(-1);
  return route ?? {};
}

async function connections(): Promise<number> {
  await until(() => upstreams.every((socket) => socket.closed));
  return upstreams.filter((socket) => !socket.closed).length;
}
