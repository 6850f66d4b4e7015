import type { RequestOptions } from "node:https";
import { KubeConfig } from "@kubernetes/client-node";
import { Agent, request } from "undici";

/** A Kubernetes object as the API gives it; tests look into it with `toMatchObject`. */
export type KubeJson = Record<string, unknown>;

export type ClusterApi = {
  server: string;
  /** Any call; the answer's status is the caller's business. */
  call(
    method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE",
    path: string,
    body?: object,
  ): Promise<{ status: number; body: KubeJson }>;
  /** GET that must succeed. */
  get(path: string): Promise<KubeJson>;
  /** Server-side apply at the object's own path: creates or updates. */
  apply(path: string, object: object): Promise<KubeJson>;
  close(): Promise<void>;
};

/** For the tests' own hands in the cluster; Berth itself has its own client in k8s/. */
export async function clusterApi(kubeconfigFile: string): Promise<ClusterApi> {
  const config = new KubeConfig();
  config.loadFromFile(kubeconfigFile);
  const cluster = config.getCurrentCluster();
  if (!cluster) throw new Error(`${kubeconfigFile} names no cluster.`);
  const options: RequestOptions = {};
  await config.applyToHTTPSOptions(options);
  const headers = Object.entries(options.headers ?? {}).map(([name, value]) => [name, String(value)] as const);
  const agent = new Agent({
    connect: {
      ...(options.ca ? { ca: options.ca } : {}),
      ...(options.cert ? { cert: options.cert } : {}),
      ...(options.key ? { key: options.key } : {}),
    },
  });
  const call: ClusterApi["call"] = async (method, path, body) => {
    const type = method === "PATCH" ? "application/apply-patch+yaml" : "application/json";
    const response = await request(new URL(path, cluster.server), {
      method,
      dispatcher: agent,
      headers: { ...Object.fromEntries(headers), "content-type": type },
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
    const text = await response.body.text();
    const isJson = String(response.headers["content-type"]).startsWith("application/json");
    const answer: KubeJson = isJson ? JSON.parse(text) : { text };
    return { status: response.statusCode, body: answer };
  };
  const must = async (...args: Parameters<ClusterApi["call"]>): Promise<KubeJson> => {
    const { status, body } = await call(...args);
    if (status >= 300) throw new Error(`${args[0]} ${args[1]}: ${status} ${body.message ?? body.text ?? ""}`);
    return body;
  };
  return {
    server: cluster.server,
    call,
    get: (path) => must("GET", path),
    apply: (path, object) => must("PATCH", `${path}?fieldManager=berth-tests&force=true`, object),
    close: () => agent.close(),
  };
}
