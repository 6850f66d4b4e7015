import pino from "pino";
import { createKubeClient } from "#k8s/client.ts";
import { namespaces } from "#k8s/kinds.ts";
import { systemClock } from "#server/clock.ts";
import { createKubernetesSpawner } from "#server/spawner/kubernetes.ts";
import { orderFor, simplestSpec } from "#tests/fakes/kubernetes-spawner.ts";

const t0 = performance.now();
const say = (...words: unknown[]) => console.log(((performance.now() - t0) / 1000).toFixed(2), ...words);
const counts = new Map<string, number>();
const client = await createKubeClient({ kubeconfigPath: "/var/lib/berth-testcluster/admin.kubeconfig", requestsInFlight: 16, userAgent: "b2", time: systemClock,
  onRequest: (verb, kind, status, ms) => { counts.set(`${verb} ${kind} ${status}`, (counts.get(`${verb} ${kind} ${status}`) ?? 0) + 1); } });
say("version", await client.version(), "rss", (process.memoryUsage().rss / 1e6).toFixed());
const ns = "b2-check";
const made = await client.create(namespaces, null, { apiVersion: "v1", kind: "Namespace", metadata: { name: ns } });
const log = pino({ level: "debug" }, pino.destination(2));
const spawner = createKubernetesSpawner({ client, installationId: "b2-inst", clock: systemClock, log, settings: { scope: { kind: "namespace", namespace: ns }, makeNamespaces: null, autoscaling: true,
  isolation: { mayEnter: { pods: [], blocks: ["192.0.2.1/32"] }, hubApi: null, internet: true, alsoReachable: [] } } });
const abort = new AbortController();
const never = new AbortController().signal;
let last = "";
const watching = spawner.watch({ changed: (s) => { last = s.observation.kind; say("sees", s.ref.generation, JSON.stringify(s.observation)); }, event: (_id, g, e) => say("event", g, e.message), stale: (since) => say("stale", since) }, abort.signal);
const order = (generation: number, image: string) => { const o = orderFor({ generation, spec: { pod: { ...simplestSpec.pod, image, imagePullPolicy: "IfNotPresent" }, app: { ...simplestSpec.app, command: [], args: [] } } }); return { ...o, ref: { ...o.ref, namespace: ns } }; };
const wait = async (kind: string, s = 60) => { const end = performance.now() + s * 1000; while (last !== kind && performance.now() < end) await new Promise((r) => setTimeout(r, 20)); say(last === kind ? "reached" : "TIMED OUT for", kind); };
try {
  const images = process.argv[2] ?? "registry.k8s.io/pause:3.10";
  let outcome;
  do { outcome = await spawner.start(order(1, images), never); say("start", JSON.stringify(outcome)); await new Promise((r) => setTimeout(r, 200)); } while (outcome.kind === "retry");
  say("again", JSON.stringify(await spawner.start(order(1, images), never)));
  await wait("running", 30);
  counts.clear();
  say("all", JSON.stringify(await spawner.observeAll(never)));
  say("log", await spawner.logTail(order(1, images).ref, 5));
  say("stop", await spawner.stop(order(1, images).ref, never));
  await wait("absent", 40);
  say("counts", JSON.stringify([...counts])); counts.clear();
  const claimUid = outcome.kind === "started" ? outcome.homeUid : null;
  const two = { ...order(2, "nope.invalid/none:1"), home: { homeId: "home-ana", name: "claim-ana", claimUid, usedBefore: true } };
  say("start", JSON.stringify(await spawner.start(two, never)));
  await wait("exited", 60);
  say("counts", JSON.stringify([...counts])); counts.clear();
  say("stop", await spawner.stop(two.ref, never));
  await wait("absent", 40);
  say("health", JSON.stringify((await spawner.health()).checks.map((c) => c.message)));
  counts.clear();
  await new Promise((r) => setTimeout(r, Number(process.argv[3] ?? 0) * 1000));
  say("quiet counts", JSON.stringify([...counts]));
} finally {
  abort.abort(new Error("done")); await watching;
  await client.delete(namespaces, { namespace: null, name: ns, uid: made.metadata?.uid ?? "" });
  await client.close();
}
