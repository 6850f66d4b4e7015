import { readFileSync } from "node:fs";
import type { Config } from "#server/config/schema.ts";

/** Kubernetes tells a pod its namespace in this file (service account admission). */
const file = "/var/run/secrets/kubernetes.io/serviceaccount/namespace";

/** Without a namespace in the configuration it is the hub's own, for all servers or in the template. Throws one sentence when there is none. */
export function withOwnNamespace(config: Config): Config {
  const { type, kubernetes } = config.spawner;
  const template = kubernetes.namespaceTemplate ?? "{hubnamespace}";
  if (type === "local" || kubernetes.namespace !== undefined || !template.includes("{hubnamespace}")) return config;
  const namespace = ownNamespace();
  if (namespace === null)
    throw new Error("Outside a cluster Berth can't know the servers' namespace. Set spawner.kubernetes.namespace.");
  return { ...config, spawner: { ...config.spawner, kubernetes: { ...kubernetes, namespace } } };
}

function ownNamespace(): string | null {
  try {
    return readFileSync(file, "utf8").trim();
  } catch {
    return null;
  }
}
