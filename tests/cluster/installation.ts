import { randomUUID } from "node:crypto";
import type { createDb } from "#db/client.ts";
import { ensureInstallationId } from "#db/installation.ts";
import { findServer, findServerById, type ServerRow } from "#db/servers.ts";
import { findUserByName } from "#db/users.ts";
import type { KubeClientOptions } from "#k8s/client.ts";
import { serverKey } from "#k8s/labels.ts";
import type { ProgressView } from "#server/api/views.ts";
import { systemClock } from "#server/clock.ts";
import { Config } from "#server/config/schema.ts";
import type { Hub } from "#server/hub.ts";
import { createLog } from "#server/log.ts";
import { progressViewOf } from "#server/servers/progress.ts";
import { startServer } from "#server/servers/start.ts";
import { stopServer } from "#server/servers/stop.ts";
import { createKubernetesSpawnerFrom } from "#server/spawner/kubernetes-setup.ts";
import { failureOf } from "#server/spawner/record.ts";
import type { Spawner } from "#server/spawner/spawner.ts";
import { type FreshDatabase, freshDatabase } from "#tests/database.ts";
import { addUser, startHubOn } from "#tests/fakes/hub-under-test.ts";
import { applyBerthAccess } from "./access.ts";
import { type ClusterApi, clusterApi, type KubeJson } from "./api.ts";
import { type ApiProxy, startApiProxy } from "./api-proxy.ts";
import { waitFor } from "./processes.ts";
import { testAppCommand } from "./test-app.ts";

export const testImage = process.env.BERTH_TEST_IMAGE ?? "localhost/singleuser:1";

export const smallApp = {
  command: testAppCommand,
  keepImageEntrypoint: false,
  secretVariable: "APP_SECRET",
};
const smallLimits = { cpu: { limit: 0.5, guarantee: 0.01 }, memory: { limit: "128M", guarantee: "16M" } };

export type Calls = Pick<KubeClientOptions, "onRequest" | "around">;

/** A namespace of its own with exactly the documented Role, and a database: what one Berth has on a cluster. */
export type Installation = {
  readonly namespace: string;
  /** As an admin, for the test's own hands. */
  readonly api: ClusterApi;
  readonly kubeconfig: string;
  readonly config: object;
  readonly database: FreshDatabase;
  readonly installationId: string;
  /** Stands before the API server for this installation's hubs, where the test asked for it. */
  readonly proxy: ApiProxy | null;
  spawner(calls?: Calls): Promise<Spawner>;
  /** A hub on it; each call is one more replica, or the one after a crash. */
  hub(calls?: Calls, openDatabase?: typeof createDb): Promise<Hub>;
  remove(): Promise<void>;
};

type Wanted = {
  readonly behindProxy?: true;
  readonly singleuser?: object;
  readonly kubernetes?: object;
  readonly namespaceLabels?: object;
};

export async function createInstallation(adminKubeconfig: string, wanted: Wanted = {}): Promise<Installation> {
  const namespace = `berth-test-${randomUUID().slice(0, 8)}`;
  const access = await applyBerthAccess(adminKubeconfig, namespace);
  const api = await clusterApi(adminKubeconfig);
  if (wanted.namespaceLabels !== undefined)
    await api.apply(`/api/v1/namespaces/${namespace}`, {
      apiVersion: "v1",
      kind: "Namespace",
      metadata: { name: namespace, labels: wanted.namespaceLabels },
    });
  const database = await freshDatabase();
  const installationId = await ensureInstallationId(database.db);
  const proxy = wanted.behindProxy === undefined ? null : await startApiProxy(access.kubeconfig);
  const kubeconfig = proxy?.kubeconfig ?? access.kubeconfig;
  const config = configFor(kubeconfig, namespace, wanted);
  const hubs: Hub[] = [];
  const spawner = (calls?: Calls) =>
    createKubernetesSpawnerFrom({
      config: Config.parse(config),
      installationId,
      clock: systemClock,
      log: createLog("test", process.env.BERTH_TEST_LOG ?? "silent"),
      ...(calls === undefined ? {} : { calls }),
    });
  return {
    namespace,
    api,
    kubeconfig,
    config,
    database,
    installationId,
    proxy,
    spawner,
    hub: async (calls, openDatabase) => {
      const hub = await startHubOn({
        ...{ databaseUrl: database.url, spawner: await spawner(calls), config },
        ...(openDatabase === undefined ? {} : { openDatabase }),
      });
      hubs.push(hub);
      return hub;
    },
    remove: async () => {
      await Promise.all(hubs.map((hub) => hub.stop()));
      proxy?.close();
      await database.drop();
      await access.remove();
      await api.close();
    },
  };
}

function configFor(kubeconfig: string, namespace: string, { singleuser, kubernetes }: Wanted): object {
  const [name = "", tag = ""] = testImage.split(/:(?=[^:/]+$)/);
  return {
    spawner: { type: "kubernetes", kubernetes: { kubeconfig, namespace, ...kubernetes } },
    singleuser: { image: { name, tag }, app: smallApp, ...smallLimits, ...singleuser },
  };
}

/** One user of a hub, and what the cluster has of theirs. */
export class Person {
  readonly name: string;
  readonly #installation: Installation;
  readonly #hub: Hub;

  constructor(installation: Installation, hub: Hub, name: string) {
    this.#installation = installation;
    this.#hub = hub;
    this.name = name;
  }

  static async create(installation: Installation, hub: Hub, name: string): Promise<Person> {
    await addUser(hub, name);
    return new Person(installation, hub, name);
  }

  async start(profile: string | null = null): Promise<void> {
    await startServer(this.#hub.systemContext("test"), { user: this.name, profile });
  }

  /** Stops it, or cancels a start. */
  async stop(): Promise<void> {
    await stopServer(this.#hub.systemContext("test"), { user: this.name });
  }

  async row(): Promise<ServerRow> {
    const { db } = this.#installation.database;
    const user = await findUserByName(db, this.name);
    const row = user === undefined ? undefined : await findServer(db, user.id, "");
    if (row === undefined) throw new Error(`${this.name} has no server`);
    return row;
  }

  async until(what: string, is: (row: ServerRow) => boolean, seconds = 60): Promise<ServerRow> {
    let last = await this.row();
    await waitFor(what, seconds, async () => {
      last = await this.row();
      return is(last);
    }).catch((error: unknown) => {
      throw new Error(`${this.name}'s server is ${last.phase} ${JSON.stringify(last.failure)}`, { cause: error });
    });
    return last;
  }

  async reaches(phase: ServerRow["phase"], seconds = 60): Promise<ServerRow> {
    return await this.until(`${this.name}'s server is ${phase}`, (row) => row.phase === phase, seconds);
  }

  async failure() {
    const failure = failureOf(await this.reaches("failed"));
    if (failure === null) throw new Error("a failed server without a failure");
    return failure;
  }

  async progress(): Promise<ProgressView> {
    const found = await findServerById(this.#installation.database.db, (await this.row()).id);
    if (found === undefined) throw new Error(`${this.name}'s server is gone`);
    return await progressViewOf(this.#hub, found, null, new Date());
  }

  async pods(): Promise<readonly Pod[]> {
    return (await this.#objects("pods")) as readonly Pod[];
  }

  /** Pods and secrets by kind and name: what must be nothing when a server is stopped. */
  async leftovers(): Promise<string[]> {
    const [pods, secrets] = await Promise.all([this.#objects("pods"), this.#objects("secrets")]);
    const named = (kind: string, objects: readonly Named[]) =>
      objects.map(({ metadata }) => `${kind} ${metadata.name}`);
    return [...named("pod", pods), ...named("secret", secrets)];
  }

  /** Secrets go with their pod by the cluster's garbage collector, a moment later. */
  async leavesNothing(): Promise<void> {
    await waitFor(`nothing is left of ${this.name}'s server`, 30, async () => (await this.leftovers()).length === 0);
  }

  async #objects(plural: string): Promise<readonly Named[]> {
    const { id } = await this.row();
    const selector = encodeURIComponent(`${serverKey}=${id}`);
    return await listed(this.#installation, plural, `?labelSelector=${selector}`);
  }
}

type Named = { readonly metadata: { readonly name: string; readonly uid: string } };
export type Pod = Named & {
  readonly spec: KubeJson;
  readonly status: {
    readonly qosClass?: string;
    readonly phase?: string;
    readonly containerStatuses?: readonly { readonly name: string; readonly containerID?: string }[];
  };
};

export async function listed({ api, namespace }: Installation, plural: string, query = ""): Promise<readonly Named[]> {
  const { items }: { items?: readonly Named[] } = await api.get(`/api/v1/namespaces/${namespace}/${plural}${query}`);
  return items ?? [];
}
