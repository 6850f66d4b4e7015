import { randomUUID } from "node:crypto";
import { connect, type Socket } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { type Rig, routeTo, sendRaw, startRig, until } from "#tests/edge-rig.ts";

let rig: Rig;
afterEach(async () => await rig.close());

/** Ways in which a server can try to get an answer to somebody who didn't ask it. */
const lies: readonly ((socket: Socket, nonce: string) => void)[] = [
  (socket, nonce) => socket.write(answer(nonce) + answer("second")),
  (socket, nonce) => socket.write(`${answer(nonce)}left over bytes`),
  (socket) => socket.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nmuch longer than that"),
  (socket) => socket.end("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort"),
  (socket) => socket.write("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n"),
  (socket, nonce) => socket.write("HTTP/1.1 103 Early Hints\r\n\r\n".repeat(10) + answer(nonce)),
  (socket) => socket.end("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nff\r\nhalf a chunk"),
  (socket, nonce) => {
    socket.write(answer(nonce));
    setImmediate(() => socket.write(answer("unasked")));
  },
];
const answer = (body: string) => `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
const nonceIn = (head: string) => /\r\nx-nonce: *(\S+)/i.exec(head)?.[1] ?? "none";

const requestsInAll = 100_000;
const inOneWrite = 25;

/** Sends so many requests over one connection, many at a time, and counts the answers that aren't the asker's own, in their order. */
async function askAndCompare(user: string, cookie: string, requests: number): Promise<number> {
  const socket = connect(rig.port, "127.0.0.1");
  const head = `GET /user/${user}/x HTTP/1.1\r\nHost: ${rig.host}\r\nCookie: ${cookie}\r\nX-Nonce: `;
  let expected: string[] = [];
  let text = "";
  let [left, foreign] = [requests, 0];
  const sendMore = () => {
    expected = Array.from({ length: Math.min(inOneWrite, left) }, () => `${user}-${randomUUID()}`);
    left -= expected.length;
    socket.write(expected.map((nonce) => `${head}${nonce}\r\n\r\n`).join(""));
  };
  return await new Promise((resolve, reject) => {
    socket.on("error", reject);
    socket.on("close", () => reject(new Error(`${user}'s connection was closed with ${left} to go`)));
    socket.on("data", (chunk) => {
      text += chunk.toString("latin1");
      for (let whole = firstAnswer(text); whole !== null; whole = firstAnswer(text)) {
        text = text.slice(whole.length);
        if (whole.status !== 200 || whole.body !== expected.shift()) foreign += 1;
      }
      if (expected.length > 0) return;
      if (left > 0) return sendMore();
      socket.removeAllListeners("close");
      socket.destroy();
      resolve(foreign + text.length);
    });
    sendMore();
  });
}

/** The first whole answer in what came, or `null`. */
function firstAnswer(text: string): { status: number; body: string; length: number } | null {
  const end = text.indexOf("\r\n\r\n");
  if (end < 0) return null;
  const bodyLength = Number(/\r\ncontent-length: *(\d+)/i.exec(text.slice(0, end))?.[1] ?? Number.NaN);
  const length = end + 4 + bodyLength;
  return text.length < length ? null : { status: Number(text.slice(9, 12)), body: text.slice(end + 4, length), length };
}

describe("answers", () => {
  test("S-53: among 100,000 requests beside a hostile server and hostile clients, nobody reads another's answer", async () => {
    rig = await startRig();
    const victims = ["v0", "v1", "v2", "v3", "v4", "v5", "v6", "v7"];
    const honest = await rig.serve((request, response) => response.end(String(request.headers["x-nonce"])));
    let lie = 0;
    const hostile = await rig.serveRaw((socket) => {
      // Before anybody asked.
      if (lie % 5 === 0) socket.write(answer("before"));
      socket.on("data", (head) => lies[lie++ % lies.length]?.(socket, nonceIn(head.toString("latin1"))));
    });
    const routes = [
      ...victims.map((ownerName) => routeTo(honest, { ownerName })),
      routeTo(hostile, { ownerName: "eve" }),
    ];
    // Also for the snapshot after a silence of the hub, which this takes long enough for.
    rig.hub.snapshot = { ...rig.hub.snapshot, routes };
    rig.hub.send(...routes.map((route) => ({ type: "route" as const, route })));
    const eve = await rig.cookieOf("eve");
    const connecting = `CONNECT ${rig.host} HTTP/1.1\r\nHost: ${rig.host}\r\n\r\nGET /user/v0/ HTTP/1.1\r\n\r\n`;
    await until(
      async () =>
        !(
          await sendRaw(
            rig.port,
            `GET /user/eve/api HTTP/1.1\r\nHost: ${rig.host}\r\nCookie: ${eve}\r\nConnection: close\r\n\r\n`,
          )
        ).startsWith("HTTP/1.1 404"),
    );

    let busy = true;
    const asVictim = async (user: string) =>
      askAndCompare(user, await rig.cookieOf(user), requestsInAll / victims.length);
    const asHostile = async () => {
      while (busy) {
        const line = `GET /user/eve/x HTTP/1.1\r\nHost: ${rig.host}\r\nCookie: ${eve}\r\nX-Nonce: eve\r\n`;
        await Promise.all([
          sendRaw(rig.port, `${line}Connection: close\r\n\r\n`, 500),
          sendRaw(rig.port, connecting, 500),
          sendRaw(rig.port, `${line}Connection: Upgrade\r\nUpgrade: h2c\r\n\r\n`, 500),
        ]);
      }
    };
    const attack = Promise.all([asHostile(), asHostile()]);
    const foreign = await Promise.all(victims.map(asVictim));
    busy = false;
    await attack;
    expect(foreign).toEqual(victims.map(() => 0));
    expect(lie).toBeGreaterThan(50 * lies.length);
  }, 120_000);

  test("S-53: a connection with leftover bytes on it is destroyed, not kept", async () => {
    rig = await startRig();
    const sockets: Socket[] = [];
    const hostile = await rig.serveRaw((socket) => {
      sockets.push(socket);
      socket.once("data", () => {
        socket.write(answer("one"));
        setImmediate(() => socket.write(answer("unasked")));
      });
    });
    rig.hub.send({ type: "route", route: routeTo(hostile) });
    const cookie = await rig.cookieOf("ana");
    const text = () =>
      sendRaw(
        rig.port,
        `GET /user/ana/api HTTP/1.1\r\nHost: ${rig.host}\r\nCookie: ${cookie}\r\nConnection: close\r\n\r\n`,
      );
    await until(async () => (await text()).endsWith("one"));
    await until(() => sockets.every((socket) => socket.closed));
    expect(await text()).toMatch(/one$/);
  });
});
