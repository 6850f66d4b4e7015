import { expect } from "vitest";
import { until } from "#tests/contract/spawner.contract.ts";
import type { KubeJson } from "#tests/fakes/kube-api-store.ts";
import { orderFor, simplestSpec, startSpawnerUnderTest } from "#tests/fakes/kubernetes-spawner.ts";
import { type Behaviour, type SpawnerHarness, spawnerContract } from "./spawner.contract.ts";

spawnerContract({ name: "kubernetes, on a fake API server", make: onFakeApi });

async function onFakeApi(): Promise<SpawnerHarness> {
  const { api, spawner, another, stop } = await startSpawnerUnderTest();
  const others = [await another(), await another()];
  api.pods.onCreated = (pod) => behave(pod);
  const runsOf = (serverId: string) =>
    api.pods.all().filter(({ metadata }) => metadata.labels?.["berth.dev/server"] === serverId);
  const behave = ({ metadata: { name, labels = {} } }: KubeJson) => {
    api.pods.setRunning(name, "127.0.0.1");
    if (labels.behaviour === "exits-with-3") {
      api.pods.setLog(name, "line 1 of 3\nline 2 of 3\nline 3 of 3\n");
      api.pods.setExited(name, 3);
    }
    if (labels.behaviour === "outgrows-its-memory") api.pods.setExited(name, 137, "OOMKilled");
  };
  return {
    spawner,
    another: () => {
      const next = others.shift();
      if (next === undefined) throw new Error("the suite asks for more hubs than there are");
      others.push(next);
      return next;
    },
    order: (behaviour: Behaviour, generation = 1) =>
      orderFor({
        generation,
        spec: {
          pod: { ...simplestSpec.pod, labels: { behaviour } },
          memory: { limitBytes: 64 * 2 ** 20, guaranteeBytes: 0 },
        },
      }),
    runsOf: async ({ serverId }) => runsOf(serverId).map(({ metadata }) => metadata.uid),
    secretOf: async ({ objectName, generation, namespace }) => {
      const secret = api.store.get("secrets", namespace, `${objectName}-${generation}`);
      const { secret: encoded = "" } = (secret?.data ?? {}) as { secret?: string };
      return Buffer.from(encoded, "base64").toString("utf8");
    },
    serving: async ({ serverId }) => await until(async () => runsOf(serverId).length === 1, "the pod"),
    kill: async ({ objectName }) => api.pods.setExited(objectName, 137, "Error"),
    blind: async () => {
      await api.down();
      return async () => await api.up();
    },
    close: async () => {
      expect(api.requests.every(({ verb }) => verb !== "patch")).toBe(true);
      await stop();
    },
  };
}
