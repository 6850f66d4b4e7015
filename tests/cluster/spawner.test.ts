import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, inject } from "vitest";
import { systemClock } from "#server/clock.ts";
import { Config } from "#server/config/schema.ts";
import { createLog } from "#server/log.ts";
import type { ServerSpec } from "#server/profiles/spec.ts";
import { createKubernetesSpawnerFrom } from "#server/spawner/kubernetes-setup.ts";
import type { ServerRef, Spawner, SpawnOrder } from "#server/spawner/spawner.ts";
import { type Behaviour, type SpawnerHarness, spawnerContract, until } from "#tests/contract/spawner.contract.ts";
import { simplestSpec } from "#tests/fakes/kubernetes-spawner.ts";
import { applyBerthAccess, type BerthAccess } from "./access.ts";
import { type ClusterApi, clusterApi } from "./api.ts";
import { type ApiProxy, startApiProxy } from "./api-proxy.ts";
import { testImage } from "./installation.ts";
import { testAppCommand } from "./test-app.ts";

const namespace = `berth-test-${randomUUID().slice(0, 8)}`;
let access: BerthAccess;
let api: ClusterApi;
let proxy: ApiProxy;

beforeAll(async () => {
  access = await applyBerthAccess(inject("kubeconfig"), namespace);
  api = await clusterApi(inject("kubeconfig"));
  proxy = await startApiProxy(access.kubeconfig);
});
afterAll(async () => {
  proxy.close();
  await api.close();
  await access.remove();
});

const outgrows = "hoard = []\nwhile True: hoard.append(b'x' * 2 ** 20)";

const commands: Record<Behaviour, string[]> = {
  serves: testAppCommand,
  "exits-with-3": ["sh", "-c", 'for n in 1 2 3; do echo "line $n of 3"; done; exit 3'],
  "outgrows-its-memory": ["python3", "-c", outgrows],
};

function specFor(behaviour: Behaviour): ServerSpec {
  return {
    ...simplestSpec,
    app: {
      ...simplestSpec.app,
      command: commands[behaviour],
      listenArgs: { tcp: [], unix: [] },
      keepImageEntrypoint: false,
      secretVariable: "APP_SECRET",
    },
    cpu: { limitMillicores: 1000, guaranteeMillicores: 10 },
    memory: { limitBytes: 64 * 2 ** 20, guaranteeBytes: 2 ** 20 },
    home: { ...simplestSpec.home, kind: "none" },
    pod: { ...simplestSpec.pod, image: testImage, deleteGraceSeconds: 1 },
  };
}

async function onCluster(): Promise<SpawnerHarness> {
  const installationId = randomUUID();
  const make = () =>
    createKubernetesSpawnerFrom({
      config: {
        now: Config.parse({
          spawner: { type: "kubernetes", kubernetes: { kubeconfig: proxy.kubeconfig, namespace } },
        }),
      },
      installationId,
      clock: systemClock,
      log: createLog("test", "silent"),
    });
  const spawner = await make();
  const others = [await make(), await make()];
  const serverId = randomUUID();
  const ask = async (ref: ServerRef, path: string) => await fetch(`${await addressOf(spawner, ref)}${path}`);
  return {
    spawner,
    another: () => {
      const next = others.shift();
      if (next === undefined) throw new Error("the suite asks for more hubs than there are");
      others.push(next);
      return next;
    },
    order: (behaviour, generation = 1) => orderFor(serverId, behaviour, generation),
    runsOf: async (ref) => await runsOf(ref.serverId),
    secretOf: async (ref) => await (await ask(ref, "/")).text(),
    serving: async (ref) =>
      await until(async () => (await ask(ref, "/").catch(() => undefined))?.ok === true, "an answer"),
    kill: async (ref) => void (await ask(ref, "/exit").catch(() => undefined)),
    blind: async () => {
      proxy.cut();
      return async () => proxy.join();
    },
    close: async () => {
      const pods = `/api/v1/namespaces/${namespace}/pods?labelSelector=berth.dev/server=${serverId}`;
      await api.call("DELETE", `${pods}&gracePeriodSeconds=0`);
    },
  };
}

function orderFor(serverId: string, behaviour: Behaviour, generation: number): SpawnOrder {
  const name = `ana-${serverId.slice(0, 8)}`;
  return {
    ref: { serverId, generation, namespace, objectName: `jupyter-${name}`, runId: null },
    owner: { userId: `user-${name}`, name, uid: null },
    serverName: "",
    prefix: `/user/${name}/`,
    spec: specFor(behaviour),
    home: null,
    secret: `secret-${serverId}-${generation}`,
    environment: {},
  };
}

async function runsOf(serverId: string): Promise<string[]> {
  const { items }: { items?: { metadata: { uid: string } }[] } = await api.get(
    `/api/v1/namespaces/${namespace}/pods?labelSelector=berth.dev/server=${serverId}`,
  );
  return (items ?? []).map(({ metadata }) => metadata.uid);
}

async function addressOf(spawner: Spawner, ref: ServerRef): Promise<string> {
  const seen = await spawner.observe(ref, AbortSignal.timeout(5000));
  if (seen.kind !== "running" || seen.target.kind !== "tcp") throw new Error(`the server is ${seen.kind}`);
  return `http://${seen.target.host}:${seen.target.port}`;
}

spawnerContract({ name: "kubernetes, on a real cluster", make: onCluster });
