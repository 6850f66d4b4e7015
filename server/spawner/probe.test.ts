import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { systemClock } from "#server/clock.ts";
import { waitForAnswer } from "./probe.ts";

const app = createServer((request, response) => {
  response.statusCode = request.url === "/up" ? 200 : 500;
  response.end();
});
beforeAll(() => new Promise<void>((resolve) => app.listen(0, "127.0.0.1", resolve)));
afterAll(() => new Promise<unknown>((resolve) => app.close(resolve)));

const ask = (path: string, signal = new AbortController().signal) => {
  const { port } = app.address() as AddressInfo;
  const passed = new Date(Date.now() - 60_000);
  return waitForAnswer({ kind: "tcp", host: "127.0.0.1", port }, path, passed, systemClock, signal);
};

describe("a server whose time to answer passed while nobody could look", () => {
  test("F-04: is asked once, and is ready when it is up", async () => expect(await ask("/up")).toBe(true));
  test("is given up when it doesn't answer then either", async () => expect(await ask("/")).toBe(false));
  test("is not asked when nobody waits any more", async () =>
    expect(await ask("/up", AbortSignal.abort())).toBe(false));
});
