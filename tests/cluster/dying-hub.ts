import { generateKeyPairSync } from "node:crypto";
import { readFileSync } from "node:fs";
import { systemClock } from "#server/clock.ts";
import { Config } from "#server/config/schema.ts";
import { createHub } from "#server/hub.ts";
import { createLog } from "#server/log.ts";
import { startServer } from "#server/servers/start.ts";
import { stopServer } from "#server/servers/stop.ts";
import { createKubernetesSpawnerFrom } from "#server/spawner/kubernetes-setup.ts";

/**
 * A hub that starts or stops one server and kills itself (SIGKILL) before or after a call to Kubernetes:
 * `dying-hub.ts < {databaseUrl, config, verb, user, when, call}`.
 */
export type DyingHubOrder = {
  readonly databaseUrl: string;
  readonly config: object;
  readonly verb: "start" | "stop";
  readonly user: string;
  readonly when: "before" | "after";
  /** `create pods` */
  readonly call: string;
};

const order: DyingHubOrder = JSON.parse(readFileSync(0, "utf8"));
const config = Config.parse(order.config);
const log = createLog("test", "silent");

function dieAt(when: DyingHubOrder["when"], call: string): void {
  if (order.when === when && order.call === call) process.kill(process.pid, "SIGKILL");
}

const hub = await createHub({
  config,
  databaseUrl: order.databaseUrl,
  maxConnections: 6,
  signingKey: generateKeyPairSync("ed25519"),
  clock: systemClock,
  log,
  makeSpawner: async (_db, installationId) => {
    const around = async <T>({ verb, kind }: { verb: string; kind: string }, run: () => Promise<T>) => {
      dieAt("before", `${verb} ${kind}`);
      const result = await run();
      dieAt("after", `${verb} ${kind}`);
      return result;
    };
    const making = { config, installationId, clock: systemClock, log, calls: { around } };
    return { spawner: await createKubernetesSpawnerFrom(making), limitsNote: null, trustNotes: [] };
  },
});
hub.start();
const verb = order.verb === "start" ? startServer : stopServer;
await verb(hub.systemContext("test"), { user: order.user });
