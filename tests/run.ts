import { buildCluster, clusterParts } from "./cluster/build.ts";
import { startCluster, type TestCluster } from "./cluster/cluster.ts";
import { browserObstacle, interrupt, runPlaywright, runVitest } from "./run/runners.ts";
import type { Tally } from "./run/tally.ts";

/** `npm test`: every part, its time, and in the last line the sum. `npm test -- code browser` runs only the parts named. */

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

async function part(name: string, work: () => Promise<Tally>): Promise<void> {
  if (interrupted && name !== stopPart) return;
  console.log(`\n== ${name}`);
  const started = performance.now();
  const tally = await work().catch((error: unknown): Tally => {
    console.error(error);
    return { passed: 0, failed: 1, skipped: 0 };
  });
  total.passed += tally.passed;
  total.failed += tally.failed;
  total.skipped += tally.skipped;
  console.log(
    `== ${name}: ${tally.passed} passed, ${tally.failed} failed, ${tally.skipped} skipped in ${seconds(started)}`,
  );
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

if (wants("code")) await part("code", () => runVitest(["unit", "integration"], strict));

let cluster: TestCluster | undefined;
if (build && (wants("cluster") || wants("browser")))
  await part("cluster start", async () => {
    // The analyser of network policies before the tests, and not beside them.
    await buildCluster(undefined, [...clusterParts, "cyclonus", "promtool", "helm", "openapi"]);
    cluster = await startCluster();
    return { passed: 0, failed: 0, skipped: 0 };
  });
const kubeconfig = given ?? cluster?.adminKubeconfig;
const env: Record<string, string> = kubeconfig ? { TEST_KUBECONFIG: kubeconfig } : {};

if (wants("cluster")) {
  if (kubeconfig) await part("cluster", () => runVitest(["cluster", "cluster-alone"], strict, env));
  else if (build) await skip("cluster", "the cluster didn't start");
  else await skip("cluster", "TEST_KUBECONFIG isn't set; BERTH_TEST_CLUSTER=build makes one (Linux, root, Go)");
}
if (wants("browser")) {
  const obstacle = browserObstacle();
  if (obstacle) await skip("browser", obstacle);
  else await part("browser", () => runPlaywright(strict, env));
}
if (cluster) {
  const { stop } = cluster;
  await part(stopPart, async () => {
    await stop();
    return { passed: 0, failed: 0, skipped: 0 };
  });
}
const failed = total.failed + (interrupted ? 1 : 0);
console.log(`\n${total.passed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;
