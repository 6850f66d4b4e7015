import { randomUUID } from "node:crypto";
import type { Socket } from "node:net";
import { Client } from "undici";
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

describe("answers", () => {
  test("S-53: among thousands of requests beside a hostile server and hostile clients, nobody reads another's answer", async () => {
    rig = await startRig();
    const victims = ["v0", "v1", "v2", "v3", "v4", "v5", "v6", "v7"];
    const honest = await rig.serve((request, response) => response.end(String(request.headers["x-nonce"])));
    let lie = 0;
    const hostile = await rig.serveRaw((socket) => {
      // Before anybody asked.
      if (lie % 5 === 0) socket.write(answer("before"));
      socket.on("data", (head) => lies[lie++ % lies.length]?.(socket, nonceIn(head.toString("latin1"))));
    });
    rig.hub.send(...victims.map((ownerName) => ({ type: "route" as const, route: routeTo(honest, { ownerName }) })), {
      type: "route",
      route: routeTo(hostile, { ownerName: "eve" }),
    });
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

    let wrong = 0;
    let right = 0;
    let busy = true;
    const ask = async (client: Client, user: string, cookie: string) => {
      const nonce = randomUUID();
      const { statusCode, body } = await client.request({
        path: `/user/${user}/x`,
        method: "GET",
        headers: { host: rig.host, cookie, "x-nonce": nonce },
      });
      const text = await body.text();
      if (statusCode === 200 && text === nonce) right += 1;
      else wrong += 1;
    };
    const asVictim = async (user: string) => {
      const cookie = await rig.cookieOf(user);
      const client = new Client(rig.origin, { pipelining: 1 });
      for (let index = 0; index < 640; index++) await ask(client, user, cookie);
      await client.close();
    };
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
    await Promise.all(victims.map(asVictim));
    busy = false;
    await attack;
    expect({ wrong, right }).toEqual({ wrong: 0, right: 5120 });
    expect(lie).toBeGreaterThan(lies.length);
  });

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
