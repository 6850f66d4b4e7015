import { generateKeyPairSync } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { systemClock } from "#server/clock.ts";
import { Config } from "#server/config/schema.ts";
import { createHub, type Hub } from "#server/hub.ts";
import { createLog } from "#server/log.ts";
import { Metrics } from "#server/metrics.ts";
import { startServer } from "#server/servers/start.ts";
import { stopServer } from "#server/servers/stop.ts";
import { type FreshDatabase, freshDatabase } from "#tests/database.ts";
import { addUser, until } from "#tests/fakes/hub-under-test.ts";
import { FakeSpawner } from "#tests/fakes/spawner.ts";

let database: FreshDatabase;
let hub: Hub;
const spawner = new FakeSpawner();
const metrics = new Metrics();

beforeAll(async () => {
  database = await freshDatabase();
  hub = await createHub({
    config: Config.parse({}),
    databaseUrl: database.url,
    maxConnections: 4,
    signingKey: generateKeyPairSync("ed25519"),
    clock: systemClock,
    log: createLog("test", "silent"),
    timings: metrics,
    makeSpawner: async () => ({ spawner, limitsNote: null, trustNotes: [] }),
  });
  hub.start();
});
afterAll(async () => {
  await hub.stop();
  metrics.stop();
  spawner.close();
  await database.drop();
});

/** The first ten of JupyterHub's own list: dashboards and alerts made for it find them here. */
const names = [
  "request_duration_seconds",
  "server_spawn_duration_seconds",
  "running_servers",
  "total_users",
  "active_users",
  "check_routes_duration_seconds",
  "hub_startup_duration_seconds",
  "init_spawners_duration_seconds",
  "proxy_poll_duration_seconds",
  "proxy_add_duration_seconds",
];

test("JupyterHub's first ten metrics are there under their names, and a start and a stop are measured", async () => {
  await addUser(hub, "ana");
  const { id } = await startServer(hub.systemContext("test"), { user: "ana" });
  const phase = (wanted: string) => until(async () => (await hub.viewOf(id)).phase === wanted, wanted);
  await phase("ready");
  const running = await metrics.render(hub);
  for (const name of names) expect(running).toContain(`# TYPE jupyterhub_${name} `);
  expect(running).toMatch(/^jupyterhub_running_servers 1$/m);
  expect(running).toMatch(/^jupyterhub_total_users 1$/m);
  expect(running).toMatch(/^jupyterhub_server_spawn_duration_seconds_count\{status="success"\} 1$/m);
  await stopServer(hub.systemContext("test"), { user: "ana" });
  await phase("stopped");
  const stopped = await metrics.render(hub);
  expect(stopped).toMatch(/^jupyterhub_server_stop_seconds_count\{status="success"\} 1$/m);
  expect(stopped).toMatch(/^jupyterhub_running_servers 0$/m);
});
