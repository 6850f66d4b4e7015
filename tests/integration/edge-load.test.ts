import { once } from "node:events";
import { connect } from "node:net";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ask, type Rig, routeTo, sendRaw, startRig, until } from "#tests/edge-rig.ts";

/** `BERTH_TEST_STREAM_MIB=1024` for the whole gibibyte. */
const streamBytes = Number(process.env.BERTH_TEST_STREAM_MIB ?? 256) * 1024 * 1024;
const mebibyte = Buffer.alloc(1024 * 1024, "x");
let rig: Rig;
let cookie: string;
let received: number;
let produced: number;

beforeEach(async () => {
  rig = await startRig();
  [received, produced] = [0, 0];
  const target = await rig.serve(async (request, response) => {
    if (request.method === "POST") {
      for await (const chunk of request) received += (chunk as Buffer).length;
      response.end("got it");
      return;
    }
    if (!request.url?.endsWith("/big")) return void response.end("small");
    const gone = new AbortController();
    response.on("close", () => gone.abort());
    response.writeHead(200, { "content-length": streamBytes });
    for (let sent = 0; sent < streamBytes && !response.destroyed; sent += mebibyte.length) {
      produced += mebibyte.length;
      if (!response.write(mebibyte)) await once(response, "drain", { signal: gone.signal }).catch(() => undefined);
    }
    response.end();
  });
  rig.hub.send({ type: "route", route: routeTo(target) });
  cookie = await rig.cookieOf("ana");
  await until(async () => (await small()).status === 200);
});
afterEach(async () => await rig.close());

const small = () => ask(rig.port, "/user/ana/api", { host: rig.host, headers: [`Cookie: ${cookie}`] });
const head = (method: string, path: string, ...lines: string[]) =>
  [
    `${method} /user/ana/${path} HTTP/1.1`,
    `Host: ${rig.host}`,
    `Cookie: ${cookie}`,
    `Origin: ${rig.origin}`,
    "Connection: close",
    ...lines,
    "",
    "",
  ].join("\r\n");

setFlagsFromString("--expose-gc");
const collectGarbage: () => void = runInNewContext("gc");

/**
 * Mebibytes of buffers that somebody still holds, at the worst moment: outside the JavaScript heap is where they pile up. Garbage that only
 * waits to be collected isn't held; the client and the server of the test live in this process too.
 */
function watchMemory(): () => number {
  const held = () => {
    collectGarbage();
    return process.memoryUsage().arrayBuffers;
  };
  const before = held();
  let most = 0;
  const timer = setInterval(() => {
    most = Math.max(most, held() - before);
  }, 50);
  return () => {
    clearInterval(timer);
    return most / mebibyte.length;
  };
}

describe("large and many", () => {
  test(`${streamBytes / mebibyte.length} MiB come down in flat memory`, async () => {
    const mostMib = watchMemory();
    const client = connect(rig.port, "127.0.0.1");
    let bytes = 0;
    client.on("data", (chunk) => {
      bytes += chunk.length;
    });
    client.write(head("GET", "big"));
    await once(client, "close");
    expect(bytes).toBeGreaterThan(streamBytes);
    expect(mostMib()).toBeLessThan(64);
  }, 120_000);

  test(`${streamBytes / mebibyte.length} MiB go up in flat memory`, async () => {
    const mostMib = watchMemory();
    const client = connect(rig.port, "127.0.0.1");
    let answer = "";
    client.on("data", (chunk) => {
      answer += String(chunk);
    });
    client.write(head("POST", "up", `Content-Length: ${streamBytes}`));
    for (let sent = 0; sent < streamBytes; sent += mebibyte.length)
      if (!client.write(mebibyte)) await once(client, "drain");
    await once(client, "close");
    expect([received, answer.slice(0, 12)]).toEqual([streamBytes, "HTTP/1.1 200"]);
    expect(mostMib()).toBeLessThan(64);
  }, 120_000);

  test("S-57: a client that doesn't read holds its server back, and costs next to nothing", async () => {
    const client = connect(rig.port, "127.0.0.1");
    client.pause();
    client.write(head("GET", "big"));
    let before = -1;
    await until(async () => {
      const still = produced === before && produced > 0;
      before = produced;
      await new Promise((resolve) => setTimeout(resolve, 200));
      return still;
    });
    expect(produced).toBeLessThan(20 * mebibyte.length);
    expect((await small()).status).toBe(200);
    client.destroy();
  });

  test.each([
    ["2,000 headers", () => head("GET", "x", ...Array.from({ length: 2000 }, (_, index) => `A${index}: 1`))],
    ["a header of 64 KiB", () => head("GET", "x", `X-A: ${"a".repeat(65_536)}`)],
    ["a target of 64 KiB", () => head("GET", "a".repeat(65_536))],
    [
      "16 MiB of chunk extension",
      () => `${head("POST", "up", "Transfer-Encoding: chunked")}1;${"a".repeat(16 * 1024 * 1024)}\r\nx\r\n0\r\n\r\n`,
    ],
    ["HTTP/2 frames", () => Buffer.from([0, 0, 4, 1, 0, 0, 0, 0, 1, 0x82, 0x86, 0x84, 0x41])],
  ])("S-57: %s end with an error, and everybody else is served", async (_name, bytes) => {
    const text = await sendRaw(rig.port, bytes());
    expect(text).toMatch(/^(?:HTTP\/1\.1 4(?:00|13|31) |$)/);
    expect((await small()).status).toBe(200);
  });

  test("S-57: a header called __proto__ is a header", async () => {
    expect(
      (
        await ask(rig.port, "/user/ana/api", {
          host: rig.host,
          headers: [`Cookie: ${cookie}`, "__proto__: x", "constructor: y"],
        })
      ).status,
    ).toBe(200);
    expect(Object.hasOwn(Object.prototype, "x")).toBe(false);
  });

  test("a client that leaves in the middle of a download or an upload stops the server's work", async () => {
    const down = connect(rig.port, "127.0.0.1");
    down.write(head("GET", "big"));
    await until(() => produced > 0);
    down.destroy();
    let before = -1;
    await until(async () => {
      const still = produced === before;
      before = produced;
      await new Promise((resolve) => setTimeout(resolve, 100));
      return still;
    });
    expect(produced).toBeLessThan(streamBytes);
    expect((await small()).status).toBe(200);
  });
});
