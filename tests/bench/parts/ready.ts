import { Agent } from "node:http";
import { systemClock } from "#server/clock.ts";
import { freePort } from "#server/spawner/local/free-port.ts";
import { type FakeKubeApi, startFakeKubeApi } from "#tests/fakes/kube-api.ts";
import { stubApp } from "../app.ts";
import { startChild } from "../child.ts";
import { addUsers, type Installation, install, userName } from "../installation.ts";
import { atMost, figure, quantile, type Row } from "../measure.ts";
import { statusOf } from "../page-load.ts";
import { cookieOf } from "../sessions.ts";

const starts = 150;
/** A container takes longer than this to come up once its pod was made; the hub has written everything by then. */
const containerMs = 150;
const pollEveryMs = 1;

/**
 * From the moment a pod turns Ready to the first request that reaches its server through the edge: hub and edge as installed, an API server
 * that is asked nothing else, one start at a time.
 */
export async function readyPart(folder: string, nodeOptions: readonly string[]): Promise<Row[]> {
  const upstream = await startChild(new URL("../processes/upstream.ts", import.meta.url), {});
  const kube = await startFakeKubeApi();
  const lateness = await startChild(new URL("../processes/lateness.ts", import.meta.url), {});
  const { port } = upstream.ready as { port: number };
  const berth = await install(folder, await freePort(), {
    spawner: { type: "kubernetes", kubernetes: { kubeconfig: kube.kubeconfigPath, namespace: "berth" } },
    singleuser: { app: stubApp(port) },
  });
  try {
    await berth.start("hub", nodeOptions);
    await berth.start("edge");
    await addUsers(berth, starts + 10);
    const delays: number[] = [];
    await lateness.ask({});
    for (let index = 0; index < starts + 10; index++) {
      const delay = await startOne(berth, kube, userName(index));
      // The first few pay for compiling, and for the first connections.
      if (index >= 10) delays.push(delay);
    }
    const { late } = (await lateness.ask({})) as { late: number[] };
    return [
      figure("ready", "lateness of this machine meanwhile, p99", quantile(late, 0.99), " ms"),
      atMost("ready", "pod Ready → first proxied 200, p50", quantile(delays, 0.5), " ms", 30),
      atMost("ready", "pod Ready → first proxied 200, p99", quantile(delays, 0.99), " ms", 100),
    ];
  } finally {
    await berth.close();
    await kube.stop();
    await Promise.all([upstream.stop(), lateness.stop()]);
  }
}

async function startOne(berth: Installation, kube: FakeKubeApi, user: string): Promise<number> {
  const cookie = await cookieOf(berth, user);
  const created = new Promise<string>((resolve) => {
    kube.pods.onCreated = (pod) => resolve(pod.metadata.name);
  });
  await berth.api.servers.start.mutate({ user });
  const pod = await created;
  await systemClock.sleep(containerMs);
  const agent = new Agent({ keepAlive: true });
  const question = { port: berth.edgePort, path: `/user/${user}/api`, cookie, agent };
  await statusOf(question);
  const readyMs = performance.now();
  kube.pods.setRunning(pod, "127.0.0.1");
  while ((await statusOf(question)) !== 200) {
    if (performance.now() - readyMs > 30_000) throw new Error(`${user}'s server was not reachable within 30 s`);
    await systemClock.sleep(pollEveryMs);
  }
  const delay = performance.now() - readyMs;
  agent.destroy();
  return delay;
}
