// Runs in the Job hook-image-awaiter (templates/pre-puller-hook.yaml): ends when the DaemonSet hook-image-puller is ready on every node,
// or after TIMEOUT_SECONDS with the nodes and images that are missing: its last lines are what helm shows of a failed upgrade.
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

const account = "/var/run/secrets/kubernetes.io/serviceaccount";
const { KUBERNETES_SERVICE_HOST: host = "", KUBERNETES_SERVICE_PORT: port, TIMEOUT_SECONDS, POD_SELECTOR = "" } = process.env;
const namespace = readFileSync(`${account}/namespace`, "utf8");
const server = `https://${host.includes(":") ? `[${host}]` : host}:${port}`;
const until = Date.now() + Number(TIMEOUT_SECONDS) * 1000;

async function get(path) {
  const authorization = `Bearer ${readFileSync(`${account}/token`, "utf8")}`;
  const answer = await fetch(`${server}${path}`, { headers: { authorization }, signal: AbortSignal.timeout(10_000) });
  if (!answer.ok) throw new Error(`the API server answered ${answer.status}`);
  return await answer.json();
}

/** Null: it can't be said yet. */
async function look() {
  const { metadata, status } = await get(`/apis/apps/v1/namespaces/${namespace}/daemonsets/hook-image-puller`);
  if (status?.observedGeneration !== metadata.generation) return null;
  return { wanted: status.desiredNumberScheduled, ready: status.numberReady ?? 0 };
}

/** What a node still has to do, as it says itself. */
function missingOn({ spec, status }) {
  const node = spec.nodeName ?? "a node not chosen yet";
  const all = [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])];
  const open = all.find(({ state }) => state.terminated?.exitCode !== 0 && state.running === undefined);
  if (open === undefined) return `${node}: hasn't begun`;
  const { reason = "", message = "" } = open.state.waiting ?? open.state.terminated ?? {};
  if (["", "PodInitializing", "ContainerCreating"].includes(reason)) return `${node}: is pulling ${open.image}`;
  return `${node}: ${open.image}: ${reason}${message ? `: ${message}` : ""}`;
}

async function missing() {
  const { items } = await get(`/api/v1/namespaces/${namespace}/pods?limit=500&labelSelector=${encodeURIComponent(POD_SELECTOR)}`);
  const late = items.filter(({ status }) => !status.conditions?.some(({ type, status }) => type === "Ready" && status === "True"));
  return [...new Set(late.map(missingOn))].sort();
}

/** Waits for every node; false when the time is up. */
async function everyNode() {
  let said = "";
  while (Date.now() < until) {
    const found = await look().catch((error) => console.log(`Asking again: ${error.message}`));
    const line = found ? `${found.ready} of ${found.wanted} nodes have every image.` : said;
    if (line !== said) console.log(line);
    said = line;
    if (found && found.ready >= found.wanted) return true;
    await sleep(1000);
  }
  return false;
}

if (!(await everyNode())) {
  console.log(`After ${TIMEOUT_SECONDS} s these nodes don't have every image:`);
  const lines = await missing().catch((error) => [`(can't be said: ${error.message})`]);
  for (const line of lines.slice(0, 20)) console.log(`- ${line}`);
  if (lines.length > 20) console.log(`- and ${lines.length - 20} more`);
  console.log("Put the image's name right, or allow more time: prePuller.hook.timeoutSeconds here, and a longer --timeout of helm.");
  process.exitCode = 1;
}
