import { generateKeyPairSync } from "node:crypto";
import type { createDb } from "#db/client.ts";
import { type Clock, systemClock } from "#server/clock.ts";
import { LiveConfig } from "#server/config/live-config.ts";
import { Config } from "#server/config/schema.ts";
import { createHub, type Hub } from "#server/hub.ts";
import { createLog, type Log } from "#server/log.ts";
import type { Spawner } from "#server/spawner/spawner.ts";
import { createUser } from "#server/users/create.ts";
import { freshDatabase } from "#tests/database.ts";
import { FakeSpawner } from "./spawner.ts";

export type HubUnderTest = {
  readonly hub: Hub;
  readonly spawner: FakeSpawner;
  readonly databaseUrl: string;
  stop(): Promise<void>;
};

/** A real hub on a database of its own, with a backend in memory. */
export async function startTestHub(
  config: unknown = {},
  also: Pick<Spawner, "prepareNamespace"> = {},
): Promise<HubUnderTest> {
  const database = await freshDatabase();
  const spawner = Object.assign(new FakeSpawner(), also);
  const hub = await startHubOn({ databaseUrl: database.url, spawner, config });
  return {
    hub,
    spawner,
    databaseUrl: database.url,
    stop: async () => {
      await hub.stop();
      spawner.close();
      await database.drop();
    },
  };
}

/** What every hub of a test run signs with. */
export const hubKeys = generateKeyPairSync("ed25519");

/** One more hub on the same database and backend: a second replica, or the one after a crash. */
export async function startHubOn(on: {
  databaseUrl: string;
  spawner: Spawner;
  config?: unknown;
  /** Instead of `config`, where it changes while the hub runs. */
  liveConfig?: LiveConfig;
  clock?: Clock;
  openDatabase?: typeof createDb;
  log?: Log;
}): Promise<Hub> {
  const hub = await createHub({
    config: on.liveConfig ?? new LiveConfig(Config.parse(on.config ?? {})),
    databaseUrl: on.databaseUrl,
    maxConnections: 6,
    signingKey: hubKeys,
    clock: on.clock ?? systemClock,
    log: on.log ?? createLog("test", process.env.BERTH_TEST_LOG ?? "silent"),
    ...(on.openDatabase === undefined ? {} : { openDatabase: on.openDatabase }),
    makeSpawner: async () => ({ spawner: on.spawner, limitsNote: null, trustNotes: [] }),
  });
  hub.start();
  return hub;
}

export async function addUser(hub: Hub, name: string, admin = false): Promise<void> {
  await createUser(hub.systemContext("test"), { name, admin, password: "correct horse battery" });
}

/** Waits for a condition, for at most ten seconds. */
export async function until<T>(what: () => Promise<T | false | undefined | null>, title = "a condition"): Promise<T> {
  const deadline = performance.now() + 10_000;
  for (;;) {
    const value = await what();
    if (value) return value;
    if (performance.now() > deadline) throw new Error(`timed out waiting for ${title}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
