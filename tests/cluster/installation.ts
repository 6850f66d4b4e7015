import { randomUUID } from "node:crypto";
import type { createDb } from "#db/client.ts";
import { ensureInstallationId } from "#db/installation.ts";
import type { KubeClientOptions } from "#k8s/client.ts";
import { systemClock } from "#server/clock.ts";
import { Config } from "#server/config/schema.ts";
import type { Hub } from "#server/hub.ts";
import { createLog } from "#server/log.ts";
import { createKubernetesSpawnerFrom } from "#server/spawner/kubernetes-setup.ts";
import type { Spawner } from "#server/spawner/spawner.ts";
import { recordLook } from "#server/tenancies/record-look.ts";
import { type FreshDatabase, freshDatabase } from "#tests/database.ts";
import { startHubOn } from "#tests/fakes/hub-under-test.ts";
import { applyBerthAccess } from "./access.ts";
import { type ClusterApi, clusterApi, type KubeJson } from "./api.ts";
import { type ApiProxy, startApiProxy } from "./api-proxy.ts";
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
  /** A namespace per user or group, with the rights for that. */
  readonly tenancies?: true;
};

export async function createInstallation(adminKubeconfig: string, wanted: Wanted = {}): Promise<Installation> {
  const namespace = `berth-test-${randomUUID().slice(0, 8)}`;
  const access = await applyBerthAccess(adminKubeconfig, namespace, { tenancies: wanted.tenancies ?? false });
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
  const { db } = database;
  const spawner = (calls?: Calls) =>
    createKubernetesSpawnerFrom({
      onLook: (tenancy, look) => recordLook({ db, clock: systemClock }, tenancy, look),
      config: { now: Config.parse(config) },
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
      if (wanted.tenancies !== undefined) await removeNamespaces(api, installationId);
      await database.drop();
      await access.remove();
      await api.close();
    },
  };
}

/** Berth deletes none. */
async function removeNamespaces(api: ClusterApi, installationId: string): Promise<void> {
  const selector = encodeURIComponent(`berth.dev/installation=${installationId}`);
  const { items }: { items?: readonly Named[] } = await api.get(`/api/v1/namespaces?labelSelector=${selector}`);
  for (const { metadata } of items ?? []) await api.call("DELETE", `/api/v1/namespaces/${metadata.name}`);
}

function configFor(kubeconfig: string, namespace: string, { singleuser, kubernetes }: Wanted): object {
  const [name = "", tag = ""] = testImage.split(/:(?=[^:/]+$)/);
  return {
    spawner: { type: "kubernetes", kubernetes: { kubeconfig, namespace, ...kubernetes } },
    singleuser: { image: { name, tag }, app: smallApp, ...smallLimits, ...singleuser },
  };
}

export type Named = { readonly metadata: { readonly name: string; readonly uid: string } };
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
