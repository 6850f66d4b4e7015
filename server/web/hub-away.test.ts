import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { answerUnavailableWhereHubAway, noteHubAway } from "./hub-away.ts";

/** Answers as Next does: sets the status, and leaves the head to Node. */
const server = createServer((request, response) => {
  const requestId = request.headers["x-request-id"] as string;
  answerUnavailableWhereHubAway(response, requestId);
  if (request.url?.includes("away")) noteHubAway(requestId);
  response.statusCode = Number(/\d+/.exec(request.url ?? "")?.[0]);
  response.end("a page");
});
beforeAll(async () => await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve)));
afterAll(() => server.close());

async function ask(path: string, requestId: string) {
  const { port } = server.address() as AddressInfo;
  const { status, headers } = await fetch(`http://127.0.0.1:${port}${path}`, {
    headers: { "x-request-id": requestId },
  });
  return { status, retryAfter: headers.get("retry-after"), refresh: headers.get("refresh") };
}

test("F-03, F-11: a page that failed because the hub is away is a 503 that the browser repeats", async () => {
  expect(await ask("/500/away", "first")).toEqual({ status: 503, retryAfter: "5", refresh: "5" });
});

test("a page that failed by itself stays a 500, also right after one of the same request's id, and others stay what they are", async () => {
  const plain = { retryAfter: null, refresh: null };
  expect(await ask("/500", "first")).toEqual({ status: 500, ...plain });
  expect(await ask("/200/away", "second")).toEqual({ status: 200, ...plain });
  expect(await ask("/404/away", "third")).toEqual({ status: 404, ...plain });
});
