import { systemClock } from "#server/clock.ts";
import { freePort } from "#server/spawner/local/free-port.ts";
import { startFakeKubeApi } from "#tests/fakes/kube-api.ts";
import { stubApp } from "../app.ts";
import { startChild } from "../child.ts";
import { untilPhase } from "../counts.ts";
import { EchoSocket } from "../echo-socket.ts";
import { addUsers, type Installation, install, userName } from "../installation.ts";
import { atMost, median, type Row } from "../measure.ts";
import { cookieOf } from "../sessions.ts";

const servers = 1000;
const atOnce = 50;
const restarts = 5;

/** The hub is killed and started again under a thousand running servers, each with an open WebSocket. */
export async function restartPart(folder: string, nodeOptions: readonly string[]): Promise<Row[]> {
  const upstream = await startChild(new URL("../processes/upstream.ts", import.meta.url), {});
  const kube = await startFakeKubeApi({ auto: { ip: "127.0.0.1" } });
  const berth = await install(folder, await freePort(), {
    spawner: { type: "kubernetes", kubernetes: { kubeconfig: kube.kubeconfigPath, namespace: "berth" } },
    singleuser: { app: stubApp((upstream.ready as { port: number }).port), storage: { type: "none" } },
  });
  try {
    return await measure(berth, nodeOptions);
  } finally {
    await berth.close();
    await kube.stop();
    await upstream.stop();
  }
}

async function measure(berth: Installation, nodeOptions: readonly string[]): Promise<Row[]> {
  let hub = await berth.start("hub");
  await berth.start("edge");
  await addUsers(berth, servers);
  await inBatches((index) => berth.api.servers.start.mutate({ user: userName(index) }));
  await untilPhase(berth, "ready", servers);
  const sockets: EchoSocket[] = [];
  await inBatches(async (index) => {
    sockets.push(await EchoSocket.open(berth.edgePort, await upgradeHead(berth, userName(index))));
  });
  const firstAnswers: number[] = [];
  for (let round = 0; round < restarts; round++) {
    await hub.stop("SIGKILL");
    const starting = berth.start("hub", round === 0 ? nodeOptions : []);
    const startedMs = performance.now();
    await untilAnswers(berth);
    firstAnswers.push(performance.now() - startedMs);
    hub = await starting;
  }
  const alive = await Promise.all(sockets.map((socket) => socket.echoes()));
  for (const socket of sockets) socket.destroy();
  const dropped = alive.filter((one) => !one).length;
  await untilPhase(berth, "ready", servers);
  return [
    atMost(
      "restart",
      `hub's first API answer with ${servers} servers, p50 of ${restarts}`,
      median(firstAnswers),
      " ms",
      1000,
    ),
    atMost("restart", "the slowest of them", Math.max(...firstAnswers), " ms", 1000),
    atMost("restart", `WebSockets dropped, of ${servers}`, dropped, "", 0),
  ];
}

async function inBatches(work: (index: number) => Promise<unknown>): Promise<void> {
  for (let from = 0; from < servers; from += atOnce)
    await Promise.all(Array.from({ length: Math.min(atOnce, servers - from) }, (_, offset) => work(from + offset)));
}

/** An answer that needs the database: somebody's list of servers. */
async function untilAnswers(berth: Installation): Promise<void> {
  for (;;) {
    const answer = await tryList(berth);
    if (answer) return;
    await systemClock.sleep(5);
  }
}

async function tryList(berth: Installation): Promise<boolean> {
  try {
    const found = await berth.api.servers.list.query({ user: userName(0) });
    return found.some(({ phase }) => phase === "ready");
  } catch {
    return false;
  }
}

async function upgradeHead(berth: Installation, user: string): Promise<string> {
  return [
    `GET /user/${user}/ws HTTP/1.1`,
    `Host: 127.0.0.1:${berth.edgePort}`,
    "Connection: Upgrade",
    "Upgrade: websocket",
    `Origin: ${berth.publicUrl}`,
    "Sec-WebSocket-Version: 13",
    // RFC 6455 §1.3's own example, which the stub knows the answer to.
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    `Cookie: ${await cookieOf(berth, user)}`,
    "",
    "",
  ].join("\r\n");
}
