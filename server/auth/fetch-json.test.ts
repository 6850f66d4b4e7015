import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, test } from "vitest";
import { fetchJson } from "./fetch-json.ts";

/** What `fetchJson` makes of a server that answers like this, and which paths it was asked for. */
async function answeredBy(listener: RequestListener): Promise<{ result: unknown; paths: string[] }> {
  const paths: string[] = [];
  const server = createServer((request, response) => {
    paths.push(request.url ?? "");
    listener(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/asked`;
  const result = await fetchJson(url).catch((error: unknown) => error);
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  return { result, paths };
}

test("JSON is read", async () => {
  expect((await answeredBy((_request, response) => response.end('{"a":1}'))).result).toEqual({ a: 1 });
});

test("a redirect isn't followed: a provider doesn't choose which host the hub asks", async () => {
  const { result, paths } = await answeredBy((request, response) => {
    if (request.url === "/asked") response.writeHead(302, { location: "/elsewhere" }).end();
    else response.end('{"a":1}');
  });
  expect(result).toMatchObject({ brand: "ProviderError" });
  expect(paths).toEqual(["/asked"]);
});

test("an answer of more than a megabyte is broken off, though it is JSON", async () => {
  const { result } = await answeredBy((_request, response) => response.end(`"${"x".repeat(2 * 1024 * 1024)}"`));
  expect(result).toMatchObject({ brand: "ProviderError" });
});

test("an error's body is kept for the decision, and isn't in the message", async () => {
  const { result } = await answeredBy((_request, response) => response.writeHead(400).end('{"error":"invalid_grant"}'));
  expect(result).toMatchObject({ brand: "ProviderError", status: 400, body: { error: "invalid_grant" } });
  expect(String(result)).not.toContain("invalid_grant");
});
