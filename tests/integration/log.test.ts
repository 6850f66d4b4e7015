import type { AddressInfo } from "node:net";
import { Writable } from "node:stream";
import { pino } from "pino";
import { expect, test } from "vitest";
import { createApiListener } from "#server/api/listener.ts";
import { Metrics } from "#server/metrics.ts";
import { closeServer, listenOn } from "#server/roles/listen.ts";
import { startServer } from "#server/servers/start.ts";
import { createToken } from "#server/tokens/create.ts";
import { freshDatabase } from "#tests/database.ts";
import { addUser, startHubOn, until } from "#tests/fakes/hub-under-test.ts";
import { FakeSpawner } from "#tests/fakes/spawner.ts";

test("a change is a line with its request id, who asked and what came of it; so is every step of a server; a look isn't", async () => {
  const lines: Record<string, unknown>[] = [];
  const stream = new Writable({
    write(chunk, _encoding, done) {
      lines.push(JSON.parse(String(chunk)));
      done();
    },
  });
  const database = await freshDatabase();
  const spawner = new FakeSpawner();
  const hub = await startHubOn({ databaseUrl: database.url, spawner, log: pino({ level: "info" }, stream) });
  await addUser(hub, "ana");
  const { token } = await createToken(hub.systemContext("test"), { user: "ana" });
  const metrics = new Metrics();
  const listener = createApiListener(hub, metrics, { trustedSocket: false });
  await listenOn(listener, { kind: "tcp", host: "127.0.0.1", port: 0 });
  const address = `http://127.0.0.1:${(listener.address() as AddressInfo).port}`;
  const headers = { authorization: `token ${token}`, "x-request-id": "request-1234" };
  await fetch(`${address}/hub/api/users/ana`, { headers });
  await fetch(`${address}/hub/api/users/ana/server`, { method: "DELETE", headers });
  await startServer(hub.systemContext("test"), { user: "ana" });
  await until(async () => lines.some(({ msg }) => msg === "a server is ready"), "a server that is ready");

  expect(lines.filter(({ msg }) => msg === "request")).toEqual([
    expect.objectContaining({ requestId: "request-1234", user: "ana", method: "DELETE", route: "hub/api/users" }),
  ]);
  const steps = lines.filter(({ serverId }) => serverId !== undefined);
  expect(steps.map(({ msg }) => msg)).toEqual(expect.arrayContaining(["a server is starting", "a server is ready"]));
  for (const step of steps) expect(step).toMatchObject({ level: 30, generation: 1 });
  expect(JSON.stringify(lines)).not.toContain(token);
  await closeServer(listener);
  metrics.stop();
  await hub.stop();
  spawner.close();
  await database.drop();
});
