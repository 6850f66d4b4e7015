import type { V1Node, V1Pod } from "@kubernetes/client-node";
import { isForbidden } from "#k8s/errors.ts";
import { nodes } from "#k8s/kinds.ts";
import type { KubernetesContext } from "../kubernetes-context.ts";
import type { HealthCheck, ServersPlan } from "../spawner.ts";
import { fine, someOf, wordsOf, wrong } from "./said.ts";

const nodesAtMost = 200;
const notPulled = /^(?:ImagePullBackOff|ErrImagePull|ErrImageNeverPull|InvalidImageName|ImageInspectError)$/;

export async function imageChecks(
  k: KubernetesContext,
  { specs }: ServersPlan,
  pending: readonly V1Pod[],
): Promise<HealthCheck[]> {
  const images = [...new Set(specs.map(({ pod }) => pod.image))];
  const pulls = pullsJudged(pending);
  return images.length === 0 ? [pulls] : [pulls, await presenceCheck(k, images)];
}

/** Names no pod: its name is a person's, and the checks go into support bundles. */
export function pullsJudged(pending: readonly V1Pod[]): HealthCheck {
  const name = "Image pulls";
  const failing = new Map<string, { pods: number; message: string }>();
  for (const { status } of pending)
    for (const { state, image } of [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])]) {
      const { reason = "", message = "" } = state?.waiting ?? {};
      if (!notPulled.test(reason)) continue;
      const before = failing.get(image);
      failing.set(image, { pods: (before?.pods ?? 0) + 1, message: message || (before?.message ?? reason) });
    }
  if (failing.size === 0) return fine(name, "No server waits for an image that can't be pulled.");
  const said = [...failing].map(([image, { pods, message }]) => `${image} (${pods} waiting): ${message}`);
  return wrong(
    name,
    `Can't be pulled: ${said.slice(0, 5).join("; ")}.`,
    "Check the image's name and tag, singleuser.image.pullSecrets, and that the machines reach its registry.",
  );
}

async function presenceCheck(k: KubernetesContext, images: readonly string[]): Promise<HealthCheck> {
  const name = "Images on machines";
  try {
    const { items, metadata } = await k.client.list(nodes, { namespace: null, limit: nodesAtMost });
    return fine(name, presenceInWords(images, items, (metadata.continue ?? "") !== ""));
  } catch (error) {
    if (!isForbidden(error)) return wrong(name, `Can't be looked at: ${wordsOf(error)}.`, null);
    return fine(
      name,
      `Not checked: Berth's role may not list nodes, and needn't. The profiles use ${someOf(images)}; a machine pulls an image when its first server starts there.`,
    );
  }
}

export function presenceInWords(images: readonly string[], found: readonly V1Node[], hasMore: boolean): string {
  if (found.length === 0) return "The cluster reports no machines.";
  const machines = found.map(
    ({ status }) => new Set((status?.images ?? []).flatMap(({ names }) => (names ?? []).map(canonical))),
  );
  const counts = images.map((image) => ({ image, on: machines.filter((names) => names.has(canonical(image))).length }));
  const all = hasMore ? `the first ${found.length} machines` : `${found.length} machines`;
  const missing = counts.filter(({ on }) => on < found.length);
  if (missing.length === 0) return `Every image of the profiles is on each of ${all}.`;
  const said = missing.map(({ image, on }) => `${image} on ${on}`);
  return `Of ${all}, by what they report (50 images each at most): ${someOf(said)}. Elsewhere the first start pulls it.`;
}

/** What containerd calls it: with its registry, `library/` and tag. */
export function canonical(image: string): string {
  const [head = "", ...rest] = image.split("/");
  const hasRegistry = rest.length > 0 && (/[.:]/.test(head) || head === "localhost");
  const path = hasRegistry ? image : `docker.io/${rest.length === 0 ? "library/" : ""}${image}`;
  return /@|:[^/]+$/.test(path) ? path : `${path}:latest`;
}
