import { buildCluster, clusterParts } from "./cluster/build.ts";
import { startCluster, type TestCluster } from "./cluster/cluster.ts";
import { packBerthImage } from "./cluster/recipes/berth-image.ts";
import { browserObstacle, interrupt, runPlaywright, runVitest } from "./run/runners.ts";
import type { Tally } from "./run/tally.ts";

/**
 * `npm test`: every part, its time, and in the last line the sum. `npm test -- code browser` runs only the parts named. One part at a time
 * but for the last two: each keeps two cores busy, and side by side their time limits are what fails.
 */

const required = (process.env.BERTH_TEST_REQUIRE ?? "").split(",").filter(Boolean);
const chosen = process.argv.slice(2);
const partNames = ["code", "cluster", "browser"];
const unknown = [...chosen, ...required].filter((name) => !partNames.includes(name));
if (unknown.length > 0) {
  console.error(`There is no part ${unknown.join(", ")}; there are ${partNames.join(", ")}.`);
  process.exit(2);
}

const total: Tally = { passed: 0, failed: 0, skipped: 0 };
let interrupted = false;
/** Runs even after Ctrl-C: the machine has to be put back. */
const stopPart = "cluster stop";
for (const signal of ["SIGINT", "SIGTERM"] as const)
  process.on(signal, () => {
    interrupted = true;
    // The terminal gives Ctrl-C to the runner itself.
    if (signal === "SIGTERM") interrupt(signal);
  });

function seconds(since: number): string {
  return `${((performance.now() - since) / 1000).toFixed(1)} s`;
}

async function part(name: string, work: () => Promise<Tally | undefined>): Promise<void> {
  if (interrupted && name !== stopPart) return;
  console.log(`\n== ${name}`);
  const started = performance.now();
  const nothing: Tally = { passed: 0, failed: 0, skipped: 0 };
  const tally = await work().catch((error: unknown): Tally => {
    console.error(error);
    return { ...nothing, failed: 1 };
  });
  const { passed, failed, skipped } = tally ?? nothing;
  total.passed += passed;
  total.failed += failed;
  total.skipped += skipped;
  console.log(`== ${name}: ${passed} passed, ${failed} failed, ${skipped} skipped in ${seconds(started)}`);
}

/** A part that can't run: no failure, unless it is required. */
async function skip(name: string, reason: string): Promise<void> {
  const failed = required.includes(name) ? 1 : 0;
  await part(name, async () => {
    console.log(failed ? `required, but can't run: ${reason}` : `skipped: ${reason}`);
    return { passed: 0, failed, skipped: 0 };
  });
}

function wants(name: string): boolean {
  return chosen.length === 0 || chosen.includes(name);
}

const given = process.env.TEST_KUBECONFIG;
const build = !given && (process.env.BERTH_TEST_CLUSTER === "build" || required.includes("cluster"));
const strict = required.length > 0;
const obstacle = wants("browser") ? browserObstacle() : undefined;
const browser = wants("browser") && obstacle === undefined;
let cluster: TestCluster | undefined;

async function start(): Promise<void> {
  // What the tests need beside the cluster is made before them, and not beside them.
  await buildCluster(undefined, [...clusterParts, "cyclonus", "promtool", "helm", "openapi", "kube-score"]);
  await packBerthImage();
  cluster = await startCluster();
}

/** The kubeconfig of the cluster that is given or was built; else it is said why there is none. */
async function clusterToUse(): Promise<string | undefined> {
  const kubeconfig = given ?? cluster?.adminKubeconfig;
  if (kubeconfig === undefined && (wants("cluster") || build))
    await skip(
      "cluster",
      build
        ? "the cluster didn't start"
        : "TEST_KUBECONFIG isn't set; BERTH_TEST_CLUSTER=build makes one (Linux, root, Go)",
    );
  return kubeconfig;
}

if (wants("code")) await part("code", () => runVitest(["unit", "integration"], { strict }));
if (build && (wants("cluster") || browser)) await part("cluster start", async () => void (await start()));
const kubeconfig = await clusterToUse();
if (obstacle !== undefined) await skip("browser", obstacle);
const onCluster = { strict, env: { TEST_KUBECONFIG: kubeconfig ?? "" } } as const;
if (kubeconfig !== undefined && wants("cluster")) await part("cluster", () => runVitest(["cluster"], onCluster));
if (kubeconfig !== undefined && browser)
  await part("browser on the cluster", () => runPlaywright("cluster", onCluster));
await Promise.all([
  // It takes the API server away from all others, and mostly waits.
  kubeconfig !== undefined && wants("cluster")
    ? part("cluster without its API server", () => runVitest(["cluster-alone"], { ...onCluster, output: "afterwards" }))
    : undefined,
  browser ? part("browser", () => runPlaywright("local", { strict })) : undefined,
]);
if (cluster) {
  const { stop } = cluster;
  await part(stopPart, async () => void (await stop()));
}
const failed = total.failed + (interrupted ? 1 : 0);
console.log(`\n${total.passed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;
