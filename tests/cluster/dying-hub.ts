import { generateKeyPairSync } from "node:crypto";
import { readFileSync } from "node:fs";
import { systemClock } from "#server/clock.ts";
import { LiveConfig } from "#server/config/live-config.ts";
import { Config } from "#server/config/schema.ts";
import { createHub } from "#server/hub.ts";
import { createLog } from "#server/log.ts";
import { startServer } from "#server/servers/start.ts";
import { stopServer } from "#server/servers/stop.ts";
import { createKubernetesSpawnerFrom } from "#server/spawner/kubernetes-setup.ts";

/**
 * A hub that starts or stops one server and kills itself (SIGKILL), or falls asleep (SIGSTOP), before or after a call to Kubernetes:
 * `dying-hub.ts < {databaseUrl, config, verb, user, when, call, signal}`. Awake again, it says what became of that call.
 */
export type DyingHubOrder = {
  readonly databaseUrl: string;
  readonly config: object;
  readonly verb: "start" | "stop";
  readonly user: string;
  readonly when: "before" | "after";
  /** `create pods` */
  readonly call: string;
  readonly signal: "SIGKILL" | "SIGSTOP";
};

const order: DyingHubOrder = JSON.parse(readFileSync(0, "utf8"));
const config = Config.parse(order.config);
const log = createLog("test", "silent");

let reached = false;

function dieAt(when: DyingHubOrder["when"], call: string): void {
  if (reached || order.when !== when || order.call !== call) return;
  reached = true;
  process.kill(process.pid, order.signal);
}

const hub = await createHub({
  config: new LiveConfig(config),
  databaseUrl: order.databaseUrl,
  maxConnections: 6,
  signingKey: generateKeyPairSync("ed25519"),
  clock: systemClock,
  log,
  makeSpawner: async (_db, installationId) => {
    const around = async <T>({ verb, kind }: { verb: string; kind: string }, run: () => Promise<T>) => {
      const call = `${verb} ${kind}`;
      dieAt("before", call);
      const result = await run().finally(() => {
        if (reached && call === order.call) process.stdout.write(`${call}\n`);
      });
      dieAt("after", call);
      return result;
    };
    const making = { config: { now: config }, installationId, clock: systemClock, log, calls: { around } };
    return { spawner: await createKubernetesSpawnerFrom(making), limitsNote: null, trustNotes: [] };
  },
});
hub.start();
const verb = order.verb === "start" ? startServer : stopServer;
await verb(hub.systemContext("test"), { user: order.user });
