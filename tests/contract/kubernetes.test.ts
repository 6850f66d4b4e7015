import { randomUUID } from "node:crypto";
import pino from "pino";
import { createKubeClient } from "#k8s/client.ts";
import { secretNameFor } from "#k8s/secret.ts";
import { systemClock } from "#server/clock.ts";
import { createKubernetesSpawner } from "#server/spawner/kubernetes.ts";
import type { ServerRef, SpawnOrder } from "#server/spawner/spawner.ts";
import { type FakeKubeApi, startFakeKubeApi } from "#tests/fakes/kube-api.ts";
import { specFor } from "./local-harness.ts";
import { type Behaviour, type SpawnerHarness, spawnerContract } from "./spawner.contract.ts";

const namespace = "berth";
const objectName = "jupyter-ana";

/** What the machine of the pod would do: the containers of this server behave as their order asked. */
function playKubelet(api: FakeKubeApi, behaviours: ReadonlyMap<string, Behaviour>): void {
  const created = api.pods.created.bind(api.pods);
  api.pods.created = (pod) => {
    created(pod);
    const behaviour = [...behaviours].find(([key]) => JSON.stringify(pod).includes(key))?.[1];
    const { name } = pod.metadata;
    if (behaviour === "exits-with-3") {
      api.pods.setLog(name, "line 1 of 3\nline 2 of 3\nline 3 of 3\n");
      api.pods.setExited(name, 3);
    } else if (behaviour === "outgrows-its-memory") api.pods.setExited(name, 137, "OOMKilled");
  };
}

async function kubernetesHarness(): Promise<SpawnerHarness> {
  const api = await startFakeKubeApi({ auto: { ip: "10.1.2.3" }, namespaces: [namespace] });
  const client = await createKubeClient({
    kubeconfigPath: api.kubeconfigPath,
    requestsInFlight: 8,
    userAgent: "berth/test",
    time: systemClock,
  });
  const installationId = randomUUID();
  const serverId = randomUUID();
  const behaviours = new Map<string, Behaviour>();
  playKubelet(api, behaviours);
  const make = () =>
    createKubernetesSpawner({
      client,
      installationId,
      settings: {
        scope: { kind: "namespace", namespace },
        makeNamespaces: null,
        isolation: { mayEnter: { pods: [], blocks: [] }, hubApi: null, internet: true, alsoReachable: [] },
        autoscaling: true,
      },
      clock: systemClock,
      log: pino({ level: "silent" }),
    });
  return {
    spawner: make(),
    another: make,
    order: (behaviour, generation = 1) => {
      const order = orderFor(serverId, generation);
      const mark = `behaviour-${generation}-${behaviour}`;
      behaviours.set(mark, behaviour);
      return { ...order, environment: { BEHAVIOUR: mark } };
    },
    runsOf: async () => api.pods.all().map(({ metadata }) => metadata.uid),
    secretOf: async ({ generation }) => {
      const secret = api.store.get("secrets", namespace, secretNameFor(objectName, generation));
      const encoded: unknown = JSON.parse(JSON.stringify(secret ?? {})).data?.secret;
      return Buffer.from(typeof encoded === "string" ? encoded : "", "base64").toString("utf8");
    },
    serving: async () => undefined,
    kill: async () => api.pods.setExited(objectName, 137),
    blind: async () => {
      await api.down();
      return () => api.up();
    },
    close: async () => {
      await api.stop();
    },
  };
}

function orderFor(serverId: string, generation: number): SpawnOrder {
  const ref: ServerRef = { serverId, generation, namespace, objectName, runId: null };
  const spec = specFor(["serve"]);
  return {
    ref,
    owner: { userId: "00000000-0000-4000-8000-000000000001", name: "ana", uid: null },
    serverName: "",
    prefix: "/user/ana/",
    spec: { ...spec, home: { ...spec.home, kind: "none" } },
    home: null,
    secret: randomUUID(),
    environment: {},
  };
}

spawnerContract({ name: "kubernetes, against a fake API server", make: kubernetesHarness });
