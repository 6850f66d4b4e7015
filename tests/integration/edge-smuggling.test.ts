import { connect, type Socket } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Rig, routeTo, sendRaw, startRig, until } from "#tests/edge-rig.ts";

/**
 * Raw bytes in, raw bytes recorded behind the edge. The oracle: the recorder's strict reading finds exactly the requests that were
 * answered 200, never one more, and none that carries what a client hid in a body.
 */
type Recorded = { head: string; body: string };
let rig: Rig;
let ana: string;
let bob: string;
const recorded: Recorded[] = [];

beforeAll(async () => {
  rig = await startRig();
  const target = await rig.serveRaw(record);
  rig.hub.send(
    { type: "route", route: routeTo(target) },
    { type: "route", route: routeTo(target, { ownerName: "bob" }) },
  );
  [ana, bob] = [await rig.cookieOf("ana"), await rig.cookieOf("bob")];
  await until(async () => (await sendRaw(rig.port, plain("/user/bob/ready", bob))).startsWith("HTTP/1.1 200"));
});
afterAll(async () => await rig.close());

/** Reads requests as strictly as can be, by lengths and chunks alone, and answers each with the target it had. */
function record(socket: Socket): void {
  let text = "";
  socket.setEncoding("latin1");
  socket.on("data", (chunk) => {
    text += String(chunk);
    for (let read = readRequest(text); read !== null; read = readRequest(text)) {
      text = text.slice(read.length);
      recorded.push(read);
      const body = read.head.split(" ")[1] ?? "";
      socket.write(
        `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${read.head.startsWith("HEAD") ? "" : body}`,
      );
    }
  });
}

function readRequest(text: string): (Recorded & { length: number }) | null {
  const end = text.indexOf("\r\n\r\n");
  if (end < 0) return null;
  const head = text.slice(0, end);
  const bodyLength = Number(/\r\ncontent-length: *(\d+)/i.exec(head)?.[1] ?? 0);
  if (!/\r\ntransfer-encoding: *chunked/i.test(head)) {
    if (text.length < end + 4 + bodyLength) return null;
    return { head, body: text.slice(end + 4, end + 4 + bodyLength), length: end + 4 + bodyLength };
  }
  const last = text.indexOf("0\r\n\r\n", end + 4);
  return last < 0 ? null : { head, body: text.slice(end + 4, last), length: last + 5 };
}

const common = (cookie: string) => `Host: ${rig.host}\r\nCookie: ${cookie}\r\nOrigin: ${rig.origin}\r\n`;
const plain = (target: string, cookie: string) =>
  `GET ${target} HTTP/1.1\r\n${common(cookie)}Connection: close\r\n\r\n`;
const hidden = () => `GET /user/ana/smuggled HTTP/1.1\r\nHost: ${rig.host}\r\nX: `;
const post = (lines: string, body: string) => `POST /user/ana/front HTTP/1.1\r\n${common(ana)}${lines}\r\n\r\n${body}`;

/** Name, request, and whether a strict reader may take it at all. */
const cases: readonly (readonly [string, () => string, "refused" | "one"])[] = [
  ["CL.TE", () => post(`Content-Length: 6\r\nTransfer-Encoding: chunked`, `0\r\n\r\n${hidden()}`), "refused"],
  ["TE.CL", () => post(`Transfer-Encoding: chunked\r\nContent-Length: 4`, `5c\r\n${hidden()}\r\n0\r\n\r\n`), "refused"],
  ["two lengths that differ", () => post("Content-Length: 0\r\nContent-Length: 60", hidden()), "refused"],
  ["two lengths alike", () => post("Content-Length: 5\r\nContent-Length: 5", "hello"), "refused"],
  ["a list of lengths", () => post("Content-Length: 5, 5", "hello"), "refused"],
  ["+5", () => post("Content-Length: +5", "hello"), "refused"],
  ["0x5", () => post("Content-Length: 0x5", "hello"), "refused"],
  ["-1", () => post("Content-Length: -1", "hello"), "refused"],
  ["5 5", () => post("Content-Length: 5 5", "hello"), "refused"],
  ["an empty length", () => post("Content-Length:", "hello"), "refused"],
  ["a length beyond 2^64", () => post("Content-Length: 18446744073709551621", "hello"), "refused"],
  ["a space before the colon of the length", () => post("Content-Length : 5", "hello"), "refused"],
  ["a space before the colon of the encoding", () => post("Transfer-Encoding : chunked", "0\r\n\r\n"), "refused"],
  ["xchunked", () => post("Transfer-Encoding: xchunked", "0\r\n\r\n"), "refused"],
  ["chunked, identity", () => post("Transfer-Encoding: chunked, identity", "0\r\n\r\n"), "refused"],
  ["identity, chunked", () => post("Transfer-Encoding: identity, chunked", "0\r\n\r\n"), "refused"],
  ["gzip, chunked", () => post("Transfer-Encoding: gzip, chunked", "0\r\n\r\n"), "refused"],
  ["chunked twice", () => post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", "0\r\n\r\n"), "refused"],
  ["chunked behind a vertical tab", () => post("Transfer-Encoding: \x0bchunked", "0\r\n\r\n"), "refused"],
  ["a quoted chunked", () => post('Transfer-Encoding: "chunked"', "0\r\n\r\n"), "refused"],
  ["an encoding on a folded line", () => post("Transfer-Encoding:\r\n chunked", "0\r\n\r\n"), "refused"],
  ["a folded header", () => post("X-A: 1\r\n folded: 2\r\nContent-Length: 0", ""), "refused"],
  [
    "a folded first header",
    () => `POST /user/ana/front HTTP/1.1\r\n X: 1\r\n${common(ana)}Content-Length: 0\r\n\r\n`,
    "refused",
  ],
  ["a header without a colon", () => post("X-A\r\nContent-Length: 0", ""), "refused"],
  [
    "bare line feeds",
    () => `POST /user/ana/front HTTP/1.1\nHost: ${rig.host}\nCookie: ${ana}\nContent-Length: 0\n\n`,
    "refused",
  ],
  ["a bare line feed between headers", () => post("X-A: 1\nContent-Length: 5", "hello"), "refused"],
  [
    "a bare carriage return in a value",
    () => post("X-A: 1\rContent-Length: 60\r\nContent-Length: 0", hidden()),
    "refused",
  ],
  [
    "CR LF CR X before the body",
    () => `POST /user/ana/front HTTP/1.1\r\n${common(ana)}Content-Length: 0\r\n\rX${hidden()}`,
    "refused",
  ],
  ["NUL in a value", () => post("X-A: 1\0\r\nContent-Length: 0", ""), "refused"],
  ["a chunk of negative size", () => post("Transfer-Encoding: chunked", "-1\r\nx\r\n0\r\n\r\n"), "refused"],
  [
    "a chunk size beyond 64 bits",
    () => post("Transfer-Encoding: chunked", "ffffffffffffffff1\r\nx\r\n0\r\n\r\n"),
    "refused",
  ],
  ["a chunk size in 0x", () => post("Transfer-Encoding: chunked", "0x1\r\nx\r\n0\r\n\r\n"), "refused"],
  ["a chunk longer than it says", () => post("Transfer-Encoding: chunked", "1\r\nxyz\r\n0\r\n\r\n"), "refused"],
  ["a chunk ended by a line feed", () => post("Transfer-Encoding: chunked", "1\nx\n0\n\n"), "refused"],
  [
    "HTTP/1.0 with chunks",
    () => `POST /user/ana/front HTTP/1.0\r\n${common(ana)}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    "refused",
  ],
  ["HTTP/1.2", () => `GET /user/ana/front HTTP/1.2\r\n${common(ana)}\r\n`, "refused"],
  ["HTTP/2.0 by name", () => "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "refused"],
  ["no Host", () => `GET /user/ana/front HTTP/1.1\r\nCookie: ${ana}\r\n\r\n`, "refused"],
  ["two Hosts", () => `GET /user/ana/front HTTP/1.1\r\n${common(ana)}Host: ${rig.host}\r\n\r\n`, "refused"],
  ["two Hosts that differ", () => `GET /user/ana/front HTTP/1.1\r\nHost: evil\r\n${common(ana)}\r\n`, "refused"],
  ["an absolute target", () => `GET http://${rig.host}/user/ana/front HTTP/1.1\r\n${common(ana)}\r\n`, "refused"],
  ["an absolute target elsewhere", () => `GET http://other/ HTTP/1.1\r\n${common(ana)}\r\n`, "refused"],
  ["a target with a space", () => `GET /user/ana/fr ont HTTP/1.1\r\n${common(ana)}\r\n`, "refused"],
  ["a target with a tab", () => `GET /user/ana/fr\tont HTTP/1.1\r\n${common(ana)}\r\n`, "refused"],
  ["a target that isn't ASCII", () => `GET /user/ana/fr\xfcnt HTTP/1.1\r\n${common(ana)}\r\n`, "refused"],
  ["CONNECT", () => `CONNECT ${rig.host} HTTP/1.1\r\n${common(ana)}\r\n`, "refused"],
  ["OPTIONS *", () => `OPTIONS * HTTP/1.1\r\n${common(ana)}\r\n`, "refused"],
  [
    "h2c",
    () =>
      `GET /user/ana/front HTTP/1.1\r\n${common(ana)}Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n`,
    "refused",
  ],
  ["a length, then a whole request", () => post(`Content-Length: ${hidden().length}`, hidden()), "one"],
  [
    "a request inside a chunk",
    () => post("Transfer-Encoding: chunked", `${hidden().length.toString(16)}\r\n${hidden()}\r\n0\r\n\r\n`),
    "one",
  ],
  ["CHUNKED in capitals", () => post("Transfer-Encoding: CHUNKED", "1\r\nx\r\n0\r\n\r\n"), "one"],
  ["chunk extensions", () => post("Transfer-Encoding: chunked", "1;a=b\r\nx\r\n0\r\n\r\n"), "one"],
  [
    "trailers with a length",
    () => post("Transfer-Encoding: chunked", "1\r\nx\r\n0\r\nContent-Length: 60\r\n\r\n"),
    "refused",
  ],
  [
    "trailers with a Host and credentials",
    () => post("Transfer-Encoding: chunked", "1\r\nx\r\n0\r\nHost: evil\r\nAuthorization: x\r\nTrailer: x\r\n\r\n"),
    "one",
  ],
  [
    "a body on GET",
    () => `GET /user/ana/front HTTP/1.1\r\n${common(ana)}Content-Length: ${hidden().length}\r\n\r\n${hidden()}`,
    "one",
  ],
  [
    "a chunked body on DELETE",
    () =>
      `DELETE /user/ana/front HTTP/1.1\r\n${common(ana)}Transfer-Encoding: chunked\r\n\r\n${hidden().length.toString(16)}\r\n${hidden()}\r\n0\r\n\r\n`,
    "one",
  ],
  [
    "a body on OPTIONS",
    () => `OPTIONS /user/ana/front HTTP/1.1\r\n${common(ana)}Content-Length: 5\r\n\r\nhello`,
    "one",
  ],
  ["a body on HEAD", () => `HEAD /user/ana/front HTTP/1.1\r\n${common(ana)}Content-Length: 5\r\n\r\nhello`, "one"],
  ["HTTP/1.0 kept alive", () => `GET /user/ana/front HTTP/1.0\r\n${common(ana)}Connection: keep-alive\r\n\r\n`, "one"],
];

/** A keep-alive client: sends, and reads what comes until `done`. */
function keepAlive(): { socket: Socket; text: () => string } {
  const socket = connect(rig.port, "127.0.0.1");
  let text = "";
  socket.setEncoding("latin1");
  socket.on("data", (chunk) => {
    text += String(chunk);
  });
  socket.on("error", () => undefined);
  return { socket, text: () => text };
}

describe("request smuggling", () => {
  test.each(cases)(
    "S-52: %s is read as one request or none, on connections two users share behind the edge",
    async (_name, bytes, expected) => {
      recorded.length = 0;
      const victim = keepAlive();
      const hostile = keepAlive();
      victim.socket.write(`GET /user/bob/before HTTP/1.1\r\n${common(bob)}\r\n`);
      await until(() => victim.text().endsWith("/user/bob/before"));
      hostile.socket.write(bytes(), "latin1");
      await until(() => hostile.text().includes("\r\n\r\n") || hostile.socket.closed);
      if (expected === "refused") {
        expect(hostile.text()).toMatch(/^(?:HTTP\/1\.1 (?:400|431|501|505) |$)/);
        await until(() => hostile.socket.closed);
      } else expect(hostile.text()).toMatch(/^HTTP\/1\.[01] 200 /);
      victim.socket.write(`GET /user/bob/after HTTP/1.1\r\n${common(bob)}Connection: close\r\n\r\n`);
      await until(() => victim.socket.closed);
      // What the victim reads is his own, to the last byte.
      expect(victim.text().match(/\/user\/\w+\/\w+$/)?.[0]).toBe("/user/bob/after");
      expect(victim.text().match(/HTTP\/1\.1 /g)?.length).toBe(2);
      hostile.socket.destroy();
      const targets = recorded.map(({ head }) => head.split(" ")[1]);
      const own = targets.filter((target) => target?.startsWith("/user/ana/"));
      expect(own).toEqual(expected === "one" ? ["/user/ana/front"] : []);
      expect(recorded.every(({ head }) => (head.match(/\r\nhost:/gi)?.length ?? 0) === 1)).toBe(true);
      expect(recorded.some(({ head }) => /\r\n(?:trailer|te|upgrade|http2-settings):/i.test(head))).toBe(false);
    },
  );

  test("S-52: pipelined requests are answered one by one, each its own", async () => {
    recorded.length = 0;
    const one = (index: number) =>
      `GET /user/ana/p${index} HTTP/1.1\r\n${common(ana)}${index === 4 ? "Connection: close\r\n" : ""}\r\n`;
    const text = await sendRaw(rig.port, [0, 1, 2, 3, 4].map(one).join(""));
    expect(text.match(/\/user\/ana\/p\d/g)).toEqual([0, 1, 2, 3, 4].map((index) => `/user/ana/p${index}`));
    expect(recorded.length).toBe(5);
  });

  test("S-52: an upgrade behind a request that isn't answered yet ends the connection", async () => {
    const upgrade = `GET /user/ana/ws HTTP/1.1\r\n${common(ana)}Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${"A".repeat(22)}==\r\n\r\n`;
    const text = await sendRaw(rig.port, `GET /user/ana/first HTTP/1.1\r\n${common(ana)}\r\n${upgrade}`);
    expect(text).not.toContain("101");
  });

  test("S-52: 100 Continue comes when the request may go on, and not for one that is refused", async () => {
    recorded.length = 0;
    const expecting = (cookie: string) =>
      `POST /user/ana/c HTTP/1.1\r\nHost: ${rig.host}\r\nCookie: ${cookie}\r\nOrigin: ${rig.origin}\r\nContent-Length: 2\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n`;
    const client = keepAlive();
    client.socket.write(expecting(ana));
    await until(() => client.text().startsWith("HTTP/1.1 100 Continue\r\n\r\n"));
    client.socket.write("ok");
    await until(() => client.socket.closed);
    expect(client.text()).toContain("200 OK");
    expect(recorded.map(({ body }) => body)).toEqual(["ok"]);
    const refused = await sendRaw(rig.port, expecting(bob));
    expect(refused).toMatch(/^HTTP\/1\.1 404/);
  });
});
