import { randomUUID } from "node:crypto";
import pino from "pino";
import { createKubeClient, type KubeClient, type KubeClientOptions } from "#k8s/client.ts";
import { simplestOrder } from "#k8s/example-orders.ts";
import { usualRules } from "#k8s/network-policy.ts";
import { type Clock, systemClock } from "#server/clock.ts";
import type { ServerSpec } from "#server/profiles/spec.ts";
import { createKubernetesSpawner } from "#server/spawner/kubernetes.ts";
import type { KubernetesSettings } from "#server/spawner/kubernetes-context.ts";
import type { Sighting, SpawnEvent, Spawner, SpawnOrder } from "#server/spawner/spawner.ts";
import { until } from "#tests/contract/spawner.contract.ts";
import { type FakeKubeApi, type FakeKubeApiOptions, startFakeKubeApi } from "./kube-api.ts";

export const simplestSpec: ServerSpec = {
  ...simplestOrder.spec,
  profile: { slug: "small", displayName: "Small" },
  app: {
    ...simplestOrder.spec.app,
    preset: "jupyterlab",
    auth: "edge",
    listenArgs: { ...simplestOrder.spec.app.listenArgs, unix: [] },
    defaultPath: "lab",
    readyPath: "api",
    stripPrefix: false,
    secretHeader: { name: "authorization", format: "token {secret}" },
    unixSocket: false,
  },
  home: { ...simplestOrder.spec.home, claimName: "claim-ana" },
  processLimit: 1000,
  startTimeoutSeconds: 300,
  httpTimeoutSeconds: 60,
  shutdownOnLogout: false,
};

export type Wanted = {
  readonly serverId?: string;
  readonly generation?: number;
  readonly name?: string;
  readonly home?: Partial<NonNullable<SpawnOrder["home"]>>;
  readonly spec?: Partial<ServerSpec>;
};

/** An order for ana's default server; each part can be another's. */
export function orderFor({
  serverId = "server-ana",
  generation = 1,
  name = "ana",
  home = {},
  spec = {},
}: Wanted = {}): SpawnOrder {
  return {
    ref: { serverId, generation, namespace: "berth", objectName: `jupyter-${name}`, runId: null },
    owner: { userId: `user-${name}`, name, uid: null },
    serverName: "",
    prefix: `/user/${name}/`,
    spec: { ...simplestSpec, ...spec },
    home: { homeId: `home-${name}`, name: `claim-${name}`, claimUid: null, usedBefore: false, ...home },
    secret: `secret-${serverId}-${generation}`,
    environment: {},
  };
}

const settings: KubernetesSettings = {
  scope: { kind: "namespace", namespace: "berth" },
  makeNamespaces: null,
  isolation: {
    mayEnter: { pods: [], blocks: ["192.0.2.1/32"] },
    hubApi: null,
    rules: usualRules,
  },
  useExistingNamespaces: false,
  pullSecrets: { names: [], from: null },
  gpuResources: ["nvidia.com/gpu"],
  autoscaling: true,
};

export type SpawnerUnderTest = {
  readonly api: FakeKubeApi;
  readonly spawner: Spawner;
  readonly client: KubeClient;
  readonly installationId: string;
  /** Another hub on the same cluster. */
  another(clientOptions?: Partial<KubeClientOptions>): Promise<Spawner>;
  watch(): WatchUnderTest;
  stop(): Promise<void>;
};

export type WatchUnderTest = {
  readonly sightings: Sighting[];
  readonly events: SpawnEvent[];
  readonly staleness: (Date | null)[];
  /** Until the last word about the server is of this kind. */
  until(kind: Sighting["observation"]["kind"], serverId?: string): Promise<Sighting["observation"]>;
  end(): Promise<void>;
};

type Options = FakeKubeApiOptions & {
  readonly settings?: Partial<KubernetesSettings>;
  readonly clock?: Clock;
  readonly client?: Partial<KubeClientOptions>;
};

/** The Kubernetes backend on a fake API server. */
export async function startSpawnerUnderTest(options: Options = {}): Promise<SpawnerUnderTest> {
  const api = await startFakeKubeApi(options);
  const clock = options.clock ?? systemClock;
  const installationId = randomUUID();
  const log = pino({ level: "silent" });
  const clients: KubeClient[] = [];
  const watches: WatchUnderTest[] = [];
  const make = async (more: Partial<KubeClientOptions> = {}) => {
    const kubeconfigPath = api.kubeconfigPath;
    const client = await createKubeClient({
      kubeconfigPath,
      requestsInFlight: 16,
      userAgent: "berth/test",
      time: clock,
      ...options.client,
      ...more,
    });
    clients.push(client);
    const spawner = createKubernetesSpawner({
      client,
      installationId,
      settings: { ...settings, ...options.settings },
      clock,
      log,
    });
    return { client, spawner };
  };
  const { client, spawner } = await make();
  return {
    api,
    client,
    spawner,
    installationId,
    another: async (more) => (await make(more)).spawner,
    watch: () => {
      const watching = watchUnderTest(spawner);
      watches.push(watching);
      return watching;
    },
    stop: async () => {
      await Promise.all(watches.map((watching) => watching.end()));
      await Promise.all(clients.map((one) => one.close()));
      await api.stop();
    },
  };
}

function watchUnderTest(spawner: Spawner): WatchUnderTest {
  const abort = new AbortController();
  const sightings: Sighting[] = [];
  const events: SpawnEvent[] = [];
  const staleness: (Date | null)[] = [];
  const listener = {
    changed: (sighting: Sighting) => void sightings.push(sighting),
    event: (_serverId: string, _generation: number, event: SpawnEvent) => void events.push(event),
    stale: (since: Date | null) => void staleness.push(since),
  };
  const done = spawner.watch(listener, abort.signal);
  const lastOf = (serverId: string) => sightings.findLast(({ ref }) => ref.serverId === serverId)?.observation;
  return {
    sightings,
    events,
    staleness,
    until: async (kind, serverId = "server-ana") => {
      await until(async () => lastOf(serverId)?.kind === kind, `${serverId} to be ${kind}`);
      const last = lastOf(serverId);
      if (last === undefined) throw new Error("unreachable");
      return last;
    },
    end: async () => {
      abort.abort(new Error("the watch ends"));
      await done;
    },
  };
}
