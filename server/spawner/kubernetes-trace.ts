import type { KubeCall } from "#k8s/caller.ts";
import { inSpan } from "#server/tracing/span.ts";

/** Each call to the API server is a span of its own, below what asked for it. */
export async function tracedCall<T>({ verb, kind, namespace, name }: KubeCall, run: () => Promise<T>): Promise<T> {
  const about = { "k8s.namespace.name": namespace ?? "", "berth.object": name ?? "" };
  return await inSpan(`Kubernetes ${verb} ${kind}`, about, run);
}
