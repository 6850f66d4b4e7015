import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { type ClusterApi, clusterApi } from "./api.ts";
import { buildCluster, partFile } from "./build.ts";
import { execInPod } from "./chart-exec.ts";
import { importImage, tagImage } from "./images.ts";
import { waitFor } from "./processes.ts";
import { berthImage, packBerthImage } from "./recipes/berth-image.ts";

const chart = path.resolve(import.meta.dirname, "../../k8s/chart");
export const nextImage = "localhost/berth:2";

/** helm, and every image the chart's tests need on the node. */
export async function prepareChartTests(): Promise<void> {
  await buildCluster(undefined, ["helm", "berth-base", "postgres", "singleuser-r"]);
  importImage(berthImage, await packBerthImage());
  importImage("localhost/postgres:1", partFile("postgres"));
  importImage("localhost/singleuser-r:1", partFile("singleuser-r"));
  tagImage(berthImage, nextImage);
}

export type CorePod = {
  readonly metadata: {
    readonly name: string;
    readonly uid: string;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly labels: Readonly<Record<string, string>>;
    readonly deletionTimestamp?: string;
    readonly deletionGracePeriodSeconds?: number;
  };
  readonly spec: { readonly containers: readonly { readonly name: string; readonly image: string }[] };
  readonly status: {
    readonly conditions?: readonly {
      readonly type: string;
      readonly status: string;
      readonly lastTransitionTime?: string;
    }[];
    readonly containerStatuses?: readonly {
      readonly restartCount: number;
      readonly state?: { readonly running?: { readonly startedAt: string } };
    }[];
    readonly podIP?: string;
  };
};

export type Claim = {
  readonly metadata: {
    readonly name: string;
    readonly uid: string;
    readonly labels: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly spec: { readonly volumeName?: string };
  readonly status: { readonly phase?: string };
};

/** One release of the chart, by the commands its documentation gives. */
export class Release {
  readonly namespace: string;
  readonly api: ClusterApi;
  readonly #kubeconfig: string;
  readonly #folder = mkdtempSync(path.join(tmpdir(), "berth-chart-"));

  private constructor(kubeconfig: string, namespace: string, api: ClusterApi) {
    this.#kubeconfig = kubeconfig;
    this.namespace = namespace;
    this.api = api;
  }

  static async create(kubeconfig: string, namespace: string): Promise<Release> {
    return new Release(kubeconfig, namespace, await clusterApi(kubeconfig));
  }

  /** The documented command; the same installs and upgrades. */
  async upgrade(values: object): Promise<string> {
    return await this.#upgrade(values, "--wait", "--timeout", "4m");
  }

  /** As docs/backup.md has it: no `--wait`, because edge and web of a new release wait for a hub that serves. */
  async upgradeForMaintenance(values: object): Promise<void> {
    await this.#upgrade(values, "--set", "hub.maintenance=true");
    for (const part of ["hub", "postgres"])
      await waitFor(`one pod of ${part} is left, and ready`, 180, async () => {
        const pods = await this.pods(part);
        return pods.length === 1 && pods.every(isReady);
      });
  }

  async #upgrade(values: object, ...more: readonly string[]): Promise<string> {
    const config = path.join(this.#folder, "config.yaml");
    writeFileSync(config, JSON.stringify(values));
    const documented = ["upgrade", "--cleanup-on-fail", "--install", "berth", chart, "--namespace", this.namespace];
    return await this.helm(...documented, "--create-namespace", "--values", config, ...more);
  }

  async helm(...args: readonly string[]): Promise<string> {
    const home = Object.fromEntries(
      ["HELM_CACHE_HOME", "HELM_CONFIG_HOME", "HELM_DATA_HOME"].map((name) => [name, this.#folder]),
    );
    const env = { ...process.env, ...home, KUBECONFIG: this.#kubeconfig };
    const child = spawn(partFile("helm"), [...args], { stdio: ["ignore", "pipe", "pipe"], env });
    let said = "";
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding("utf8").on("data", (text: string) => {
        said += text;
      });
    const code = await new Promise((resolve, reject) => child.once("error", reject).once("close", resolve));
    if (code !== 0) throw new Error(`helm ${args[0]} ended with ${code}.\n${said}`);
    return said;
  }

  /** `kubectl exec deploy/hub -- COMMAND`; what it printed on stdout. */
  async execInHub(command: readonly string[], input = ""): Promise<string> {
    return (await this.streamThroughHub(command, Buffer.from(input))).toString();
  }

  /** `kubectl exec -i deploy/hub -- COMMAND < INPUT > OUTPUT` */
  async streamThroughHub(command: readonly string[], input: Buffer = Buffer.alloc(0)): Promise<Buffer> {
    const [pod] = (await this.pods("hub")).filter(isReady);
    if (pod === undefined) throw new Error("no hub is ready");
    return await this.exec(pod, command, input);
  }

  /** In the pod's only container. */
  async exec(
    { metadata, spec }: CorePod,
    command: readonly string[],
    input: Buffer = Buffer.alloc(0),
  ): Promise<Buffer> {
    const place = { kubeconfig: this.#kubeconfig, namespace: this.namespace, pod: metadata.name };
    return await execInPod({ ...place, container: spec.containers[0]?.name ?? "" }, command, input);
  }

  async pods(component: string): Promise<readonly CorePod[]> {
    const selector = encodeURIComponent(`app.kubernetes.io/component=${component}`);
    return (await this.#items(`pods?labelSelector=${selector}`)) as readonly CorePod[];
  }

  async claims(): Promise<readonly Claim[]> {
    return (await this.#items("persistentvolumeclaims")) as readonly Claim[];
  }

  /** The address of a Service, which this machine reaches as the node it is. */
  async serviceAddress(name: string): Promise<string> {
    const { spec } = (await this.api.get(`/api/v1/namespaces/${this.namespace}/services/${name}`)) as {
      spec?: { clusterIP?: string };
    };
    if (spec?.clusterIP === undefined) throw new Error(`the Service ${name} has no address`);
    return spec.clusterIP;
  }

  /** With all that is in it, and waits until it is. */
  async removeNamespace(): Promise<void> {
    const path = `/api/v1/namespaces/${this.namespace}`;
    await this.api.call("DELETE", path);
    await waitFor("the namespace is gone", 180, async () => (await this.api.call("GET", path)).status === 404);
  }

  async remove(): Promise<void> {
    await this.api.call("DELETE", `/api/v1/namespaces/${this.namespace}`);
    await this.api.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #items(plural: string): Promise<readonly unknown[]> {
    const { items }: { items?: readonly unknown[] } = await this.api.get(
      `/api/v1/namespaces/${this.namespace}/${plural}`,
    );
    return items ?? [];
  }
}

export function isReady(pod: CorePod): boolean {
  const ready = (pod.status.conditions ?? []).some(({ type, status }) => type === "Ready" && status === "True");
  return ready && pod.metadata.deletionTimestamp === undefined;
}

/** When it was told to end: the API's deletion time has the grace period in it. */
export function endAskedAtMs({ metadata }: CorePod): number | null {
  if (metadata.deletionTimestamp === undefined) return null;
  return Date.parse(metadata.deletionTimestamp) - (metadata.deletionGracePeriodSeconds ?? 0) * 1000;
}

/** From the container's start to readiness, in the whole seconds that Kubernetes writes down; null while it isn't there. */
export function coldStartSeconds({ status }: CorePod): number | null {
  const ready = status.conditions?.find(
    ({ type, status: is }) => type === "Ready" && is === "True",
  )?.lastTransitionTime;
  const started = status.containerStatuses?.[0]?.state?.running?.startedAt;
  return ready === undefined || started === undefined ? null : (Date.parse(ready) - Date.parse(started)) / 1000;
}
