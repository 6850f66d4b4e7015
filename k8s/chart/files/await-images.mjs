// Runs in the Job hook-image-awaiter (templates/pre-puller-hook.yaml): ends when the DaemonSet hook-image-puller is ready on every node.
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

const account = "/var/run/secrets/kubernetes.io/serviceaccount";
const { KUBERNETES_SERVICE_HOST: host = "", KUBERNETES_SERVICE_PORT: port } = process.env;
const namespace = readFileSync(`${account}/namespace`, "utf8");
const url = `https://${host.includes(":") ? `[${host}]` : host}:${port}/apis/apps/v1/namespaces/${namespace}/daemonsets/hook-image-puller`;

/** Null: it can't be said yet. */
async function look() {
  const authorization = `Bearer ${readFileSync(`${account}/token`, "utf8")}`;
  const answer = await fetch(url, { headers: { authorization }, signal: AbortSignal.timeout(10_000) });
  if (!answer.ok) throw new Error(`the API server answered ${answer.status}`);
  const { metadata, status } = await answer.json();
  if (status?.observedGeneration !== metadata.generation) return null;
  return { wanted: status.desiredNumberScheduled, ready: status.numberReady ?? 0 };
}

let said = "";
for (;;) {
  const found = await look().catch((error) => {
    console.log(`Asking again: ${error.message}`);
    return null;
  });
  const line = found === null ? said : `${found.ready} of ${found.wanted} nodes have every image.`;
  if (line !== said) console.log(line);
  said = line;
  if (found !== null && found.ready >= found.wanted) break;
  await sleep(1000);
}
