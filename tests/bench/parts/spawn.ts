import { existsSync } from "node:fs";
import path from "node:path";
import { systemClock } from "#server/clock.ts";
import { freePort } from "#server/spawner/local/free-port.ts";
import { applyBerthAccess } from "#tests/cluster/access.ts";
import { cacheDirectory, partFile } from "#tests/cluster/build.ts";
import { waitFor } from "#tests/cluster/processes.ts";
import { stubApp } from "../app.ts";
import { type Child, startChild } from "../child.ts";
import { type ControlPlane, onFakeNodes, startControlPlane } from "../control-plane.ts";
import { untilPhase } from "../counts.ts";
import { addUsers, type Installation, install, userName } from "../installation.ts";
import {
  atLeast,
  atMost,
  cpuMicroseconds,
  cpuMicrosecondsOfTree,
  figure,
  median,
  quantile,
  type Row,
} from "../measure.ts";
import { PageLoad } from "../page-load.ts";
import type { BareResult } from "../processes/bare-client.ts";
import { cookieOf } from "../sessions.ts";

const servers = 500;
const warmUpServers = 20;
const namespaces = { berth: "bench-berth", bare: "bench-bare" };
/** A lecturer says "now": nobody waits for anybody else's answer. */
const pressedWithinMs = 1000;

/** 500 starts at once on fake nodes behind a real control plane, beside a client that only posts pods. */
export async function spawnPart(folder: string, nodeOptions: readonly string[]): Promise<Row[]> {
  for (const name of ["kube", "kwok"] as const)
    if (!existsSync(partFile(name, cacheDirectory)))
      throw new Error(`${partFile(name, cacheDirectory)} isn't there: tests/cluster/README.md says how it is built.`);
  const plane = await startControlPlane(path.join(folder, "control-plane"));
  const ends: (() => Promise<unknown>)[] = [() => plane.stop()];
  try {
    const access = await applyBerthAccess(plane.adminKubeconfig, namespaces.berth);
    const bareAccess = await applyBerthAccess(plane.adminKubeconfig, namespaces.bare);
    // Pods are refused until the controller manager has made their namespace's account; a minute is what a fresh control plane may take.
    for (const namespace of Object.values(namespaces))
      await waitFor(`${namespace} has its service account`, 60, async () => {
        const account = await plane.api.call("GET", `/api/v1/namespaces/${namespace}/serviceaccounts/default`);
        return account.status === 200;
      });
    const upstream = await startChild(new URL("../processes/upstream.ts", import.meta.url), { host: "0.0.0.0" });
    ends.push(() => upstream.stop());
    const bare = await startChild(new URL("../processes/bare-client.ts", import.meta.url), {
      kubeconfig: bareAccess.kubeconfig,
      namespace: namespaces.bare,
    });
    ends.push(() => bare.stop());
    const berth = await install(folder, await freePort(), {
      spawner: { type: "kubernetes", kubernetes: { kubeconfig: access.kubeconfig, namespace: namespaces.berth } },
      singleuser: {
        app: stubApp((upstream.ready as { port: number }).port),
        storage: { type: "none" },
        nodeSelector: onFakeNodes.nodeSelector,
        extraTolerations: onFakeNodes.tolerations,
      },
    });
    ends.push(() => berth.close());
    return await measure({ plane, bare, berth, nodeOptions });
  } finally {
    for (const end of ends.reverse()) await end().catch((error: unknown) => console.error(error));
  }
}

type Bench = {
  readonly plane: ControlPlane;
  readonly bare: Child;
  readonly berth: Installation;
  readonly nodeOptions: readonly string[];
};

async function measure(bench: Bench): Promise<Row[]> {
  const { plane, berth, nodeOptions } = bench;
  const hub = await berth.start("hub", nodeOptions);
  await berth.start("edge");
  await addUsers(berth, servers);
  await warmUp(berth);
  const cookie = await cookieOf(berth, userName(0));
  await plane.api.get(`/api/v1/namespaces/${namespaces.berth}`);
  const ceilings: number[] = [];
  const bareRound = async () => {
    const { seconds } = (await bench.bare.ask({ pods: servers })) as BareResult;
    ceilings.push(servers / seconds);
  };
  await bareRound();
  plane.requestsOf(accountOf(namespaces.berth));
  const pages = new PageLoad(
    berth.edgePort,
    `/api/trpc/servers.list?input=${inputOf({ user: userName(0) })}`,
    cookie,
    40,
  );
  const cpuBefore = cpuMicroseconds(hub.pid);
  const databaseBefore = cpuMicrosecondsOfTree(berth.databasePid);
  const planeBefore = cpuOf(plane);
  const perSecond = await storm(berth);
  const cpu = cpuMicroseconds(hub.pid) - cpuBefore;
  const databaseCpu = cpuMicrosecondsOfTree(berth.databasePid) - databaseBefore;
  const planeCpu = cpuOf(plane) - planeBefore;
  await pages.stop();
  await stopAll(berth);
  const requests = plane.requestsOf(accountOf(namespaces.berth));
  await bareRound();
  const ceiling = median(ceilings);
  return [
    figure("spawn", "bare client, pods/s", ceiling, "/s"),
    figure("spawn", "500 starts at once, servers ready/s", perSecond, "/s"),
    atLeast("spawn", "starts ÷ bare client", (100 * perSecond) / ceiling, " %", 66),
    atMost("spawn", "hub CPU a start", cpu / servers / 1000, " ms", 20),
    figure("spawn", "PostgreSQL's CPU a start", databaseCpu / servers / 1000, " ms"),
    figure("spawn", "control plane's and kwok's CPU a start", planeCpu / servers / 1000, " ms"),
    atMost("spawn", "portal's API meanwhile, p99", quantile(pages.milliseconds, 0.99), " ms", 200, failuresOf(pages)),
    atMost("spawn", "Kubernetes requests per start + stop", requests.length / servers, "", 4, kindsOf(requests)),
  ];
}

function cpuOf({ pids }: ControlPlane): number {
  return pids.reduce((sum, pid) => sum + cpuMicroseconds(pid), 0);
}

function failuresOf({ milliseconds, failures }: PageLoad): string {
  return `of ${milliseconds.length}, ${failures} failed`;
}

function kindsOf(requests: readonly string[]): string {
  const counts = Map.groupBy(requests, (request) => request);
  return [...counts].map(([kind, all]) => `${kind} ${all.length}`).join(", ");
}

function accountOf(namespace: string): string {
  return `${namespace}:hub`;
}

/** As superjson writes a plain value. */
function inputOf(json: unknown): string {
  return encodeURIComponent(JSON.stringify({ json }));
}

/** Everybody presses start; ready is what the hub recorded, which is when the edge hears of it. */
async function storm(berth: Installation): Promise<number> {
  const { api } = berth;
  await Promise.all(
    Array.from({ length: servers }, async (_, index) => {
      await systemClock.sleep((index / servers) * pressedWithinMs);
      await api.servers.start.mutate({ user: userName(index) });
    }),
  );
  await untilPhase(berth, "ready", servers);
  const { rows } = await berth.database.pool.query<{ seconds: number }>(
    "select extract(epoch from max(ready_at) - min(wished_at))::float8 as seconds from server_runs where ended_at is null",
  );
  return servers / (rows[0]?.seconds ?? Number.NaN);
}

/** A hub that has worked before, as on any day but its first: else its first second is V8 compiling. */
async function warmUp(berth: Installation): Promise<void> {
  const first = Array.from({ length: warmUpServers }, (_, index) => ({ user: userName(index) }));
  await Promise.all(first.map((server) => berth.api.servers.start.mutate(server)));
  await untilPhase(berth, "ready", first.length);
  await Promise.all(first.map((server) => berth.api.servers.stop.mutate(server)));
  await untilPhase(berth, "stopped", first.length);
}

async function stopAll(berth: Installation): Promise<void> {
  const { api } = berth;
  await Promise.all(Array.from({ length: servers }, (_, index) => api.servers.stop.mutate({ user: userName(index) })));
  await untilPhase(berth, "stopped", servers);
}
