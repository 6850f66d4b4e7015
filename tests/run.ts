import { fileURLToPath } from "node:url";
import { buildCluster, clusterParts } from "./cluster/build.ts";
import { startCluster, type TestCluster } from "./cluster/cluster.ts";
import { packBerthImage } from "./cluster/recipes/berth-image.ts";
import { browserObstacle, interrupt, type RunOptions, runPlaywright, runVitest } from "./run/runners.ts";
import { describeFailures, filesToTryAgain, settleSecondTry } from "./run/second-try.ts";
import { count, type FileTally, outsideTests, type Tally } from "./run/tally.ts";

/**
 * `npm test`: every part, its time, and in the last line the sum. `npm test -- code browser` runs only the parts named. What keeps two cores
 * busy runs by itself, because side by side time limits are what fails; what mostly waits has a part beside it.
 */

const required = (process.env.BERTH_TEST_REQUIRE ?? "").split(",").filter(Boolean);
const chosen = process.argv.slice(2);
const partNames = ["code", "cluster", "browser"];
const unknown = [...chosen, ...required].filter((name) => !partNames.includes(name));
if (unknown.length > 0) {
  console.error(`There is no part ${unknown.join(", ")}; there are ${partNames.join(", ")}.`);
  process.exit(2);
}

const project = fileURLToPath(new URL("..", import.meta.url)).replace(/\/$/, "");
const all: FileTally[] = [];
const passedAtSecondTry: FileTally[] = [];
let interrupted = false;
/** Runs even after Ctrl-C: the machine has to be put back. */
const stopPart = "cluster stop";
for (const signal of ["SIGINT", "SIGTERM"] as const)
  process.on(signal, () => {
    interrupted = true;
    // The terminal gives Ctrl-C to the runner itself.
    if (signal === "SIGTERM") interrupt(signal);
  });

/** Gives what is final: a failure that may yet pass isn't counted before. */
async function part(name: string, work: () => Promise<Tally>): Promise<Tally> {
  if (interrupted && name !== stopPart) return [];
  console.log(`\n== ${name}`);
  const started = performance.now();
  const tally = await work().catch((error: unknown): Tally => {
    console.error(error);
    return [outsideTests(name, String(error))];
  });
  const { passed, failed, skipped } = count(tally);
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  console.log(`== ${name}: ${passed} passed, ${failed} failed, ${skipped} skipped in ${seconds} s`);
  return tally;
}

type Part = { readonly name: string; readonly run: (options: Partial<RunOptions>) => Promise<Tally> };

/** What fails runs once more when nothing else does: two cores shared with a cluster break time limits. It is named at the end. */
async function parts(...together: readonly Part[]): Promise<void> {
  const found = await Promise.all(together.map(({ name, run }) => part(name, () => run({}))));
  for (const [index, { name, run }] of together.entries()) {
    const first = found[index] ?? [];
    const files = filesToTryAgain(first);
    const second = files.length > 0 ? await part(`${name}, what failed once more`, () => run({ files })) : [];
    const settled = settleSecondTry(first, second);
    all.push(...settled.tally);
    passedAtSecondTry.push(...settled.passedAtSecondTry);
  }
}

/** A part that can't run: no failure, unless it is required. */
async function skip(name: string, reason: string): Promise<void> {
  const isRequired = required.includes(name);
  const tally = await part(name, async () => {
    console.log(isRequired ? `required, but can't run: ${reason}` : `skipped: ${reason}`);
    return isRequired ? [outsideTests(`${name} is required, but can't run`, reason)] : [];
  });
  all.push(...tally);
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

async function start(): Promise<Tally> {
  // What the tests need beside the cluster is made before them, and not beside them.
  await buildCluster(undefined, [...clusterParts, "cyclonus", "promtool", "helm", "openapi", "kube-score"]);
  await packBerthImage();
  cluster = await startCluster();
  return [];
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

const inCode: Part = { name: "code", run: (more) => runVitest(["unit", "integration"], { strict, ...more }) };
if (wants("code")) await parts(inCode);
if (build && (wants("cluster") || browser)) all.push(...(await part("cluster start", start)));
const kubeconfig = await clusterToUse();
if (obstacle !== undefined) await skip("browser", obstacle);
const on = { strict, env: { TEST_KUBECONFIG: kubeconfig ?? "" } } as const;
const hasCluster = kubeconfig !== undefined && wants("cluster");
if (hasCluster) await parts({ name: "cluster", run: (more) => runVitest(["cluster"], { ...on, ...more }) });
if (kubeconfig !== undefined && browser)
  await parts({ name: "browser on the cluster", run: (more) => runPlaywright("cluster", { ...on, ...more }) });
const withoutApiServer: Part = {
  name: "cluster without its API server",
  // It takes the API server away from all others, and mostly waits.
  run: (more) => runVitest(["cluster-alone"], { ...on, output: "afterwards", ...more }),
};
const inBrowser: Part = { name: "browser", run: (more) => runPlaywright("local", { strict, ...more }) };
await parts(...(hasCluster ? [withoutApiServer] : []), ...(browser ? [inBrowser] : []));
if (cluster) {
  const { stop } = cluster;
  const stopped = await part(stopPart, async () => {
    await stop();
    return [];
  });
  all.push(...stopped);
}
if (interrupted) all.push(outsideTests("the run was interrupted"));
const sum = count(all);
if (passedAtSecondTry.length > 0)
  console.log(`\nPassed only when tried once more:\n${describeFailures(passedAtSecondTry, project)}`);
if (sum.failed > 0) console.log(`\nFailed:\n${describeFailures(all, project)}`);
console.log(`\n${sum.passed} passed, ${sum.failed} failed`);
process.exitCode = sum.failed > 0 ? 1 : 0;
