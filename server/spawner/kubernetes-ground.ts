import { isDeepStrictEqual } from "node:util";
import { isAlreadyExists, isNotFound } from "#k8s/errors.ts";
import { type NetworkPolicy, namespaces, networkPolicies } from "#k8s/kinds.ts";
import { namespaceObjectFor } from "#k8s/namespace.ts";
import { isolationPolicyFor } from "#k8s/network-policy.ts";
import type { KubernetesContext } from "./kubernetes-context.ts";

/** How long a policy that was seen is believed to be still there. */
const believedMs = 60_000;

/**
 * What must be in a namespace before its first pod: the namespace itself where Berth makes them, and the policy that closes
 * servers to everybody. Looked at once a minute at most, so that a start among many costs no request for it.
 */
export class KubernetesGround {
  readonly #seenMs = new Map<string, number>();
  readonly #looking = new Map<string, Promise<void>>();

  async prepare(k: KubernetesContext, namespace: string): Promise<void> {
    const seenMs = this.#seenMs.get(namespace);
    if (seenMs !== undefined && k.clock.monotonicMs() - seenMs < believedMs) return;
    // Not with one start's signal: others wait for the same look.
    const looking =
      this.#looking.get(namespace) ?? this.#look(k, namespace).finally(() => this.#looking.delete(namespace));
    this.#looking.set(namespace, looking);
    await looking;
  }

  /** Something says that the namespace isn't what it was. */
  forget(namespace: string): void {
    this.#seenMs.delete(namespace);
  }

  async #look(k: KubernetesContext, namespace: string): Promise<void> {
    await isolate(k, namespace);
    this.#seenMs.set(namespace, k.clock.monotonicMs());
  }
}

async function isolate(k: KubernetesContext, namespace: string): Promise<void> {
  const wanted = isolationPolicyFor({ ...k.settings.isolation, namespace, installationId: k.installationId });
  const at = { namespace, name: wanted.metadata.name };
  const found = await k.client.get(networkPolicies, at).catch((error: unknown) => {
    if (isNotFound(error)) return undefined;
    throw error;
  });
  if (found === undefined) return await makePolicy(k, namespace, wanted);
  if (isDeepStrictEqual(withoutEmpty(found.spec), withoutEmpty(wanted.spec))) return;
  const { resourceVersion } = found.metadata;
  const metadata = { ...wanted.metadata, ...(resourceVersion === undefined ? {} : { resourceVersion }) };
  await k.client.replace(networkPolicies, at, { ...wanted, metadata });
}

async function makePolicy(k: KubernetesContext, namespace: string, wanted: NetworkPolicy): Promise<void> {
  const make = async () => {
    await k.client.create(networkPolicies, namespace, wanted).catch((error: unknown) => {
      if (!isAlreadyExists(error)) throw error;
    });
  };
  try {
    await make();
  } catch (error) {
    if (!isNotFound(error) || k.settings.makeNamespaces === null) throw error;
    await makeNamespace(k, namespace, k.settings.makeNamespaces);
    await make();
  }
}

async function makeNamespace(
  k: KubernetesContext,
  name: string,
  podSecurity: NonNullable<KubernetesContext["settings"]["makeNamespaces"]>,
): Promise<void> {
  const object = namespaceObjectFor({ name, installationId: k.installationId, podSecurity });
  await k.client.create(namespaces, null, object).catch((error: unknown) => {
    if (!isAlreadyExists(error)) throw error;
  });
}

/** The API leaves empty lists out of what it gives back. */
function withoutEmpty(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutEmpty);
  if (typeof value !== "object" || value === null) return value;
  const kept = Object.entries(value).filter(([, part]) => !(Array.isArray(part) && part.length === 0));
  return Object.fromEntries(kept.map(([name, part]) => [name, withoutEmpty(part)]));
}
