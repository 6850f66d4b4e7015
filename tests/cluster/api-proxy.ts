import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { connect, createServer, type Socket } from "node:net";
import { parse } from "yaml";

/** Stands between one client and the API server, without reading what passes: the way to take it away from one hub only. */
export type ApiProxy = {
  /** As the one it was made from, through here. */
  readonly kubeconfig: string;
  /** Breaks every connection there is; new ones are let through. */
  breakConnections(): void;
  /** Breaks every connection, and refuses new ones until `join`. */
  cut(): void;
  join(): void;
  /** Packets get lost, as behind a firewall that drops them: connections stay open, new ones too, and nothing passes until `thaw`. */
  freeze(): void;
  /** New connections are let through; those from before stay lost. */
  thaw(): void;
  close(): void;
};

type Kubeconfig = { clusters: { cluster: { server: string } }[] };

export async function startApiProxy(kubeconfigFile: string): Promise<ApiProxy> {
  const config: Kubeconfig = parse(readFileSync(kubeconfigFile, "utf8"));
  const [entry] = config.clusters;
  if (entry === undefined) throw new Error(`${kubeconfigFile} names no cluster.`);
  const { hostname, port } = new URL(entry.cluster.server);
  const sockets = new Set<Socket>();
  let isCut = false;
  let isFrozen = false;
  const server = createServer((client) => {
    if (isCut) return void client.destroy();
    if (isFrozen) return lose(client);
    const upstream = connect(Number(port || 443), hostname);
    for (const [one, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(one);
      one.on("error", () => one.destroy());
      one.on("close", () => {
        sockets.delete(one);
        other.destroy();
      });
      one.pipe(other);
    }
  });
  const lose = (socket: Socket) => {
    sockets.add(socket);
    socket.removeAllListeners("close").unpipe();
    socket.on("error", () => undefined).pause();
  };
  await once(server.listen(0, "127.0.0.1"), "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the proxy has no port");
  // The name in the certificate of the test cluster's API server that is this machine.
  entry.cluster.server = `https://127.0.0.1:${address.port}`;
  const kubeconfig = `${kubeconfigFile}.${address.port}`;
  writeFileSync(kubeconfig, JSON.stringify(config), { mode: 0o600 });
  const breakConnections = () => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    kubeconfig,
    breakConnections,
    cut: () => {
      isCut = true;
      breakConnections();
    },
    join: () => {
      isCut = false;
    },
    freeze: () => {
      isFrozen = true;
      for (const socket of sockets) lose(socket);
    },
    thaw: () => {
      isFrozen = false;
    },
    close: () => {
      server.close();
      breakConnections();
    },
  };
}
