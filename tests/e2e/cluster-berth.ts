import { randomUUID } from "node:crypto";
import type { Browser } from "@playwright/test";
import { applyBerthAccess } from "#tests/cluster/access.ts";
import { type ClusterApi, clusterApi, type KubeJson } from "#tests/cluster/api.ts";
import { testAppCommand } from "#tests/cluster/test-app.ts";
import { newHome, removeHome, startBerth } from "./berth.ts";
import { People } from "./people.ts";

export const tenancies = ["a namespace per group", "one namespace for all"] as const;
type Tenancy = (typeof tenancies)[number];

type ServerPod = {
  readonly metadata: { readonly name: string; readonly uid: string };
  readonly spec: { readonly containers: readonly { readonly resources: { readonly limits: KubeJson } }[] };
  readonly status: { readonly phase: string };
};

/** A Berth on the real cluster, under exactly the documented rights, and its people. */
export class ClusterBerth {
  readonly #api: ClusterApi;
  readonly #namespace: string;
  readonly #tenancy: Tenancy;
  readonly url: string;
  readonly people: People;
  readonly remove: () => Promise<void>;

  private constructor(
    cluster: { readonly api: ClusterApi; readonly namespace: string; readonly tenancy: Tenancy },
    url: string,
    people: People,
    remove: () => Promise<void>,
  ) {
    this.#api = cluster.api;
    this.#namespace = cluster.namespace;
    this.#tenancy = cluster.tenancy;
    this.url = url;
    this.people = people;
    this.remove = remove;
  }

  static async start(browser: Browser, tenancy: Tenancy, more: object = {}): Promise<ClusterBerth> {
    const admin = process.env.TEST_KUBECONFIG ?? "";
    const namespace = `berth-e2e-${randomUUID().slice(0, 8)}`;
    const undo: (() => Promise<void> | void)[] = [];
    const remove = async () => {
      for (const step of undo.splice(0).reverse()) await step();
    };
    try {
      const api = await clusterApi(admin);
      undo.push(() => api.close());
      const perGroup = tenancy === "a namespace per group";
      const access = await applyBerthAccess(admin, namespace, { tenancies: perGroup });
      undo.push(() => access.remove());
      undo.push(() => removeNamespaces(api, `${namespace}-`));
      const home = newHome();
      undo.push(() => removeHome(home));
      const config = { ...configFor(access.kubeconfig, namespace, perGroup), ...more };
      const berth = await startBerth({ home, config: JSON.stringify(config) });
      undo.push(() => berth.stop());
      const people = await People.meet(berth, browser);
      undo.push(() => people.leave());
      return new ClusterBerth({ api, namespace, tenancy }, berth.url, people, remove);
    } catch (error) {
      await remove();
      throw error;
    }
  }

  /** What is in the namespace that the group's servers run in, as the cluster's own admin sees it. */
  async objects<T = KubeJson>(group: string, plural: string): Promise<readonly T[]> {
    const namespace = this.#tenancy === "a namespace per group" ? `${this.#namespace}-${group}` : this.#namespace;
    const { items }: { items?: readonly T[] } = await this.#api.get(`/api/v1/namespaces/${namespace}/${plural}`);
    return items ?? [];
  }

  async runningPods(group: string): Promise<readonly ServerPod[]> {
    return (await this.objects<ServerPod>(group, "pods")).filter(({ status }) => status.phase === "Running");
  }
}

/** Those that this Berth made: Berth itself deletes none. */
async function removeNamespaces(api: ClusterApi, prefix: string): Promise<void> {
  const { items }: { items?: readonly { metadata: { name: string } }[] } = await api.get("/api/v1/namespaces");
  const made = (items ?? []).map(({ metadata }) => metadata.name).filter((name) => name.startsWith(prefix));
  for (const name of made) await api.call("DELETE", `/api/v1/namespaces/${name}`);
}

function configFor(kubeconfig: string, namespace: string, perGroup: boolean): object {
  const template = perGroup ? { namespaceTemplate: "{hubnamespace}-{group}" } : {};
  return {
    hub: { namedServerLimitPerUser: 10 },
    spawner: { type: "kubernetes", kubernetes: { kubeconfig, namespace, ...template } },
    singleuser: {
      image: { name: "localhost/singleuser", tag: "1", pullPolicy: "IfNotPresent" },
      storage: { capacity: "1Gi" },
      profileList: [python, tiny],
    },
  };
}

const python = {
  ...{ display_name: "Python", description: "JupyterLab with Python.", default: true },
  kubespawner_override: { cpu_limit: 1, cpu_guarantee: 0.05, mem_limit: "512M", mem_guarantee: "128M" },
};

const tinyPort = 8888;
/** The tests' small app: its pod is there in a moment. `{port}` in a configuration of these tests is Berth's own. */
const tiny = {
  display_name: "Tiny",
  kubespawner_override: {
    ...{ cpu_limit: 0.1, cpu_guarantee: 0.01, mem_limit: "64M", mem_guarantee: "16M" },
    app: {
      command: testAppCommand.map((word) => word.replace("{port}", String(tinyPort))),
      ...{ port: tinyPort, keepImageEntrypoint: false, secretVariable: "APP_SECRET" },
    },
  },
};
