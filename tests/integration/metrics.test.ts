import { generateKeyPairSync } from "node:crypto";
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { systemClock } from "#server/clock.ts";
import { LiveConfig } from "#server/config/live-config.ts";
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
const monitoring = ["alerts.yaml", "grafana-dashboard.json"];

beforeAll(async () => {
  database = await freshDatabase();
  hub = await createHub({
    config: new LiveConfig(Config.parse({})),
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

test("what stands still shows: servers by phase, reasons of failures, the oldest start, an API that doesn't answer", async () => {
  const text = await metrics.render(hub);
  expect(text).toMatch(/^berth_servers\{phase="stopped"\} 1$/m);
  expect(text).toMatch(/^berth_servers\{phase="ready"\} 0$/m);
  expect(text).toMatch(/^berth_hub_leads 1$/m);
  expect(text).toMatch(/^berth_backend_stale_seconds 0$/m);
  await database.pool.query(
    `update servers set phase = 'failed', failure = '{"reason":"image"}', phase_since = now() where name = ''`,
  );
  await database.pool.query(
    `update installation set value = (now() - interval '5 minutes')::text where key = 'backend-view'`,
  );
  const broken = await metrics.render(hub);
  expect(broken).toMatch(/^berth_failed_servers\{reason="image"\} 1$/m);
  expect(Number(/^berth_backend_stale_seconds (.*)$/m.exec(broken)?.[1])).toBeGreaterThan(290);
});

test("every metric a rule or a panel asks for is one the hub has", async () => {
  const exported = new Set([...(await metrics.render(hub)).matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name));
  const asked = monitoring.flatMap((file) => [
    ...readFileSync(new URL(`../../k8s/chart/monitoring/${file}`, import.meta.url), "utf8").matchAll(
      /\b((?:berth|jupyterhub|process)_[a-z_]+)/g,
    ),
  ]);
  expect(asked.length).toBeGreaterThan(20);
  for (const [, name = ""] of asked) expect([...exported], name).toContain(name.replace(/_(?:bucket|count|sum)$/, ""));
});
