import { readFileSync } from "node:fs";
import { Agent, request } from "undici";
import { parse } from "yaml";

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

type Kubeconfig = {
  clusters: { cluster: { server: string; "certificate-authority-data"?: string } }[];
  users: { user: { token?: string; "client-certificate-data"?: string; "client-key-data"?: string } }[];
};

function decoded(value: string | undefined): string | undefined {
  return value === undefined ? undefined : Buffer.from(value, "base64").toString();
}

/** For the tests' own hands in the cluster; Berth itself has its own client in k8s/. Understands kubeconfigs with inline data. */
export function clusterApi(kubeconfigFile: string): ClusterApi {
  const config: Kubeconfig = parse(readFileSync(kubeconfigFile, "utf8"));
  const cluster = config.clusters[0]?.cluster;
  const user = config.users[0]?.user;
  if (!cluster || !user) throw new Error(`${kubeconfigFile} names no cluster or no user.`);
  const ca = decoded(cluster["certificate-authority-data"]);
  const cert = decoded(user["client-certificate-data"]);
  const key = decoded(user["client-key-data"]);
  const agent = new Agent({ connect: { ...(ca ? { ca } : {}), ...(cert ? { cert } : {}), ...(key ? { key } : {}) } });
  const call: ClusterApi["call"] = async (method, path, body) => {
    const type = method === "PATCH" ? "application/apply-patch+yaml" : "application/json";
    const response = await request(new URL(path, cluster.server), {
      method,
      dispatcher: agent,
      headers: { "content-type": type, ...(user.token ? { authorization: `Bearer ${user.token}` } : {}) },
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
    const text = await response.body.text();
    const answer: KubeJson = text.startsWith("{") ? JSON.parse(text) : { text };
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
