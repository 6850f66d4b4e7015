import { lookup } from "node:dns/promises";
import type { KubernetesContext } from "../kubernetes-context.ts";

const patienceMs = 3000;

/** What a name resolves to here; nothing where it doesn't, or not in time: getaddrinfo has no time-out of its own. */
export async function addressesOf(k: KubernetesContext, host: string): Promise<readonly string[]> {
  const late = new AbortController();
  const looked = lookup(host, { all: true }).then(
    (found) => found.map(({ address }) => address),
    () => [],
  );
  const tooLate = k.clock.sleep(patienceMs, late.signal).then(
    () => [],
    () => [],
  );
  try {
    return await Promise.race([looked, tooLate]);
  } finally {
    late.abort();
  }
}
