import { readFile } from "node:fs/promises";
import { isIPv6 } from "node:net";

/** How to reach one API server and as whom. Asked again from time to time: tokens and certificates are rotated. */
export type ClusterAccess = {
  readonly origin: string;
  /** Path in front of `/api`, for API servers behind a proxy. */
  readonly prefix: string;
  readonly tls: TlsMaterial;
  readonly headers: Readonly<Record<string, string>>;
  readonly proxyUrl: string | null;
};
export type TlsMaterial = {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly servername?: string;
  readonly rejectUnauthorized?: boolean;
};

export type AccessSource = () => Promise<ClusterAccess>;

const serviceAccountRoot = "/var/run/secrets/kubernetes.io/serviceaccount";

/** The namespace this pod runs in; null outside a cluster. */
export async function ownNamespace(root = serviceAccountRoot): Promise<string | null> {
  return await readFile(`${root}/namespace`, "utf8").then(
    (text) => text.trim(),
    () => null,
  );
}

/**
 * As the pod's own service account, read by hand: `KubeConfig` would load a generated client to read two files.
 * The token is projected and replaced hourly, so the file is read each time.
 */
export function inClusterAccess(
  environment: Readonly<Record<string, string | undefined>> = process.env,
  root = serviceAccountRoot,
): AccessSource {
  const host = environment.KUBERNETES_SERVICE_HOST ?? "";
  const port = environment.KUBERNETES_SERVICE_PORT ?? "443";
  if (host === "") throw new Error("not in a cluster: KUBERNETES_SERVICE_HOST is not set, and no kubeconfig is named");
  const origin = `https://${isIPv6(host) ? `[${host}]` : host}:${port}`;
  return async () => ({
    origin,
    prefix: "",
    tls: { ca: await readFile(`${root}/ca.crt`, "utf8") },
    headers: { authorization: `Bearer ${(await readFile(`${root}/token`, "utf8")).trim()}` },
    proxyUrl: null,
  });
}
