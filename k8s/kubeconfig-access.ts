import { KubeConfig } from "@kubernetes/client-node";
import type { AccessSource, TlsMaterial } from "./cluster-access.ts";

/** As a kubeconfig says: certificates, tokens, exec plugins. `KubeConfig` keeps plugins' answers until they expire. */
export function kubeconfigAccess(path: string): AccessSource {
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
