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
type TlsMaterial = {
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
 * As the pod's own service account, read by hand: `KubeConfig` would load the whole generated client (88 MB) to read two files.
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

/** As a kubeconfig says: certificates, tokens, exec plugins. `KubeConfig` keeps plugins' answers until they expire. */
export async function kubeconfigAccess(path: string): Promise<AccessSource> {
  const { KubeConfig } = await import("@kubernetes/client-node");
  const config = new KubeConfig();
  config.loadFromFile(path);
  const cluster = config.getCurrentCluster();
  if (cluster === null) throw new Error(`the kubeconfig ${path} has no current context with a cluster`);
  const url = new URL(cluster.server);
  return async () => {
    const options: Parameters<typeof config.applyToHTTPSOptions>[0] = {};
    await config.applyToHTTPSOptions(options);
    return {
      origin: url.origin,
      prefix: url.pathname.replace(/\/$/, ""),
      tls: tlsOf(options),
      headers: headersOf(options),
      proxyUrl: cluster.proxyUrl ?? null,
    };
  };
}

type ToldOptions = {
  readonly ca?: unknown;
  readonly cert?: unknown;
  readonly key?: unknown;
  readonly servername?: string | undefined;
  readonly rejectUnauthorized?: boolean | undefined;
  readonly headers?: unknown;
  readonly auth?: string | null | undefined;
};

function tlsOf(options: ToldOptions): TlsMaterial {
  const text = (value: unknown) => (Buffer.isBuffer(value) ? value.toString("utf8") : String(value));
  return {
    ...(options.ca === undefined ? {} : { ca: text(options.ca) }),
    ...(options.cert === undefined ? {} : { cert: text(options.cert) }),
    ...(options.key === undefined ? {} : { key: text(options.key) }),
    ...(options.servername === undefined ? {} : { servername: options.servername }),
    ...(options.rejectUnauthorized === undefined ? {} : { rejectUnauthorized: options.rejectUnauthorized }),
  };
}

function headersOf(options: ToldOptions): Record<string, string> {
  const told = typeof options.headers === "object" && options.headers !== null ? Object.entries(options.headers) : [];
  const basic = options.auth == null ? {} : { authorization: `Basic ${Buffer.from(options.auth).toString("base64")}` };
  return { ...basic, ...Object.fromEntries(told.map(([name, value]) => [name.toLowerCase(), String(value)])) };
}
