import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { KubeFaults } from "./kube-api-faults.ts";
import { KubePods } from "./kube-api-pods.ts";
import { type KubeRequest, requestOf } from "./kube-api-request.ts";
import { KubeResources } from "./kube-api-resources.ts";
import { KubeStore } from "./kube-api-store.ts";
import { KubeWatches } from "./kube-api-watch.ts";

export type FakeKubeApiOptions = {
  /** Pods run at once at this address. */
  readonly auto?: { readonly ip: string };
  readonly namespaces?: readonly string[];
};

export type FakeKubeApi = {
  readonly url: string;
  readonly kubeconfigPath: string;
  readonly store: KubeStore;
  readonly pods: KubePods;
  readonly faults: KubeFaults;
  readonly watches: KubeWatches;
  readonly resources: KubeResources;
  /** Every request that was read, oldest first: `create pods`, `get pods/log`. */
  readonly requests: KubeRequest[];
  /** Requests as `verb resource`, watches and lists left out: what starts and stops cost. */
  writesAndReads(): string[];
  /** TCP connections that were ever opened. */
  connections(): number;
  /** Refuses connections until `up`, and ends those that are open. */
  down(): Promise<void>;
  up(): Promise<void>;
  stop(): Promise<void>;
};

/** An API server in this process: objects, versions, watches, and every fault a test asks for. */
export async function startFakeKubeApi(options: FakeKubeApiOptions = {}): Promise<FakeKubeApi> {
  const store = new KubeStore();
  const faults = new KubeFaults();
  const pods = new KubePods(store);
  pods.auto = options.auto ?? null;
  const watches = new KubeWatches(store, faults);
  const resources = new KubeResources(store, pods);
  for (const name of ["default", ...(options.namespaces ?? ["berth"])])
    store.create("namespaces", null, { metadata: { name } });
  const requests: KubeRequest[] = [];
  const listener = new Listener(
    (request, response) => void handle({ faults, watches, resources, requests }, request, response),
  );
  await listener.open();
  const folder = mkdtempSync(path.join(tmpdir(), "berth-fake-kube-"));
  const kubeconfigPath = path.join(folder, "kubeconfig");
  writeFileSync(kubeconfigPath, kubeconfigFor(listener.url));
  return {
    url: listener.url,
    kubeconfigPath,
    store,
    pods,
    faults,
    watches,
    resources,
    requests,
    writesAndReads: () =>
      requests
        .filter(({ verb }) => verb !== "watch" && verb !== "list")
        .map(({ verb, resource }) => `${verb} ${resource}`),
    connections: () => listener.connections,
    down: () => listener.close(),
    up: () => listener.open(),
    stop: async () => {
      faults.release();
      await listener.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

type Parts = Pick<FakeKubeApi, "faults" | "watches" | "resources" | "requests">;

async function handle(
  { faults, watches, resources, requests }: Parts,
  message: IncomingMessage,
  response: ServerResponse,
) {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk as Buffer);
  const body = Buffer.concat(chunks).toString("utf8");
  const request = requestOf(message.method ?? "GET", message.url ?? "/");
  if (request === undefined) {
    const date = new Date(Date.now() + resources.clockAheadMs).toUTCString();
    return answer(response, 200, { gitVersion: resources.gitVersion }, { date });
  }
  requests.push(request);
  const fault = faults.take(request);
  if (fault?.kind === "hang") await faults.hang();
  if (fault?.kind === "reset") return void response.destroy();
  if (fault?.kind === "answer") return answer(response, fault.status, resources.statusObject(fault), retryAfter(fault));
  if (request.verb === "watch") return watches.serve(request, response);
  const done = resources.perform(
    request,
    body === "" ? undefined : JSON.parse(body),
    fault?.kind === "stale-list" ? fault.version : null,
  );
  if (fault?.kind === "applied-but-reset") return void response.destroy();
  if (fault?.kind === "applied-but")
    return answer(response, fault.status, resources.statusObject(fault), retryAfter(fault));
  answer(response, done.status, done.body);
}

function retryAfter({ retryAfterSeconds }: { readonly retryAfterSeconds?: number }): Record<string, string> {
  return retryAfterSeconds === undefined ? {} : { "retry-after": String(retryAfterSeconds) };
}

function answer(response: ServerResponse, status: number, body: unknown, headers: Record<string, string> = {}): void {
  response.writeHead(status, { "content-type": "application/json", ...headers });
  response.end(typeof body === "string" ? body : JSON.stringify(body));
}

/** A listener that can go away and come back on the same port. */
class Listener {
  connections = 0;
  #port = 0;
  readonly #server;
  readonly #sockets = new Set<Socket>();

  constructor(onRequest: (request: IncomingMessage, response: ServerResponse) => void) {
    this.#server = createServer({ keepAliveTimeout: 120_000 }, onRequest);
    this.#server.on("connection", (socket) => {
      this.connections++;
      this.#sockets.add(socket);
      socket.on("close", () => this.#sockets.delete(socket));
    });
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  async open(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(this.#port, "127.0.0.1", resolve));
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }
}

/** JSON is YAML. Plain HTTP is only let through with verification switched off. */
function kubeconfigFor(server: string): string {
  return JSON.stringify({
    apiVersion: "v1",
    kind: "Config",
    "current-context": "fake",
    clusters: [{ name: "fake", cluster: { server, "insecure-skip-tls-verify": true } }],
    users: [{ name: "hub", user: { token: "fake-token" } }],
    contexts: [{ name: "fake", context: { cluster: "fake", user: "hub" } }],
  });
}
