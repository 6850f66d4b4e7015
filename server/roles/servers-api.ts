import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { Config } from "#server/config/schema.ts";
import { parseAddress } from "#server/internal/hub-address.ts";
import { hasOwnLogins } from "#server/profiles/own-login.ts";
import { freePort } from "#server/spawner/local/free-port.ts";
import { closeServer, listenOn } from "./listen.ts";

/**
 * Settles where servers with a login of their own call the hub. It stands in the environment of every one that runs, so it has to be the
 * same after a restart of the hub: a service's address in a cluster, on one machine a port that is written down.
 */
export async function withServersApi(
  config: Config,
  portFile: string,
  environment: NodeJS.ProcessEnv = process.env,
): Promise<Config> {
  const { hub, spawner } = config;
  if (hub.apiUrl !== undefined) return config;
  const at = (apiUrl: string, more = {}): Config => ({ ...config, hub: { ...hub, ...more, apiUrl } });
  if (spawner.type === "kubernetes") {
    const service = serviceIn(environment);
    return service === null ? config : at(`http://${service}/hub/api`);
  }
  // Once written down, servers that still run may go by it, whatever today's profiles are.
  if (!hasOwnLogins(config) && !existsSync(portFile)) return config;
  if (hub.apiListen !== undefined) {
    const address = parseAddress(hub.apiListen);
    return address.kind === "unix" ? config : at(`http://127.0.0.1:${address.port}/hub/api`);
  }
  const port = await writtenPort(portFile);
  return at(`http://127.0.0.1:${port}/hub/api`, { apiListen: `127.0.0.1:${port}` });
}

/** The same as the hub that runs has settled it: its port isn't free, because it listens there itself. */
export function withServersApiOf(running: Config, config: Config): Config {
  const { apiUrl, apiListen } = running.hub;
  if (apiUrl === undefined || config.hub.apiUrl !== undefined) return config;
  return { ...config, hub: { ...config.hub, apiUrl, ...(apiListen === undefined ? {} : { apiListen }) } };
}

/** Kubernetes tells a pod the services of its own namespace, as numbers: no DNS is needed. */
function serviceIn(environment: NodeJS.ProcessEnv): string | null {
  for (const name of ["BERTH_HUB", "HUB"]) {
    const [host, port] = [environment[`${name}_SERVICE_HOST`], environment[`${name}_SERVICE_PORT`]];
    if (host !== undefined && port !== undefined) return `${host.includes(":") ? `[${host}]` : host}:${port}`;
  }
  return null;
}

async function writtenPort(file: string): Promise<number> {
  const written = existsSync(file) ? Number(readFileSync(file, "utf8")) : Number.NaN;
  if (Number.isInteger(written) && written > 1023 && written < 65_536 && (await isFree(written))) return written;
  const port = await freePort();
  writeFileSync(file, String(port), { mode: 0o600 });
  return port;
}

/** Somebody else may have got it after a reboot; no server of ours runs then. */
async function isFree(port: number): Promise<boolean> {
  const probe = createServer();
  return await listenOn(probe, { kind: "tcp", host: "127.0.0.1", port }).then(
    () => closeServer(probe).then(() => true),
    () => false,
  );
}
