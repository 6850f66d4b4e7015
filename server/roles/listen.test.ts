import { createServer, request, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, test } from "vitest";
import { closeServer, listenOn } from "./listen.ts";

/** A server that keeps its answers until told, and what a client of it hears. */
async function listening() {
  const asked: ServerResponse[] = [];
  const server = createServer((_request, response) => void asked.push(response));
  await listenOn(server, { kind: "tcp", host: "127.0.0.1", port: 0 });
  const { port } = server.address() as AddressInfo;
  const ask = async () => {
    const { promise, resolve } = Promise.withResolvers<string>();
    const sent = request({ host: "127.0.0.1", port }, (answer) => {
      answer.on("data", (piece: Buffer) => resolve(piece.toString()));
      answer.once("error", () => undefined);
    });
    sent.once("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? ""));
    sent.end();
    return await promise;
  };
  return { server, asked, ask };
}

test("F-33: a listener that closes takes nobody new, and still answers what it was asked", async () => {
  const { server, asked, ask } = await listening();
  const answer = ask();
  await expect.poll(() => asked.length).toBe(1);
  const closed = closeServer(server);
  expect(await ask()).toBe("ECONNREFUSED");
  asked[0]?.end("done");
  expect(await answer).toBe("done");
  await closed;
});

test("it doesn't wait for a stream, which would never end", async () => {
  const { server, asked, ask } = await listening();
  const answer = ask();
  await expect.poll(() => asked.length).toBe(1);
  asked[0]?.write("so far");
  expect(await answer).toBe("so far");
  const startedMs = performance.now();
  await closeServer(server);
  expect(performance.now() - startedMs).toBeLessThan(1000);
});
