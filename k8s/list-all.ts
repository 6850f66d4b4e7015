import type { KubeClient } from "./client.ts";
import { isGone } from "./errors.ts";
import type { Kind } from "./kinds.ts";

const pageSize = 500;

/**
 * Every object, page by page. `notOlderThan` null is a consistent read from etcd; a version is answered from the API server's cache. A
 * page's token that expired on the way (410) costs one list in a single piece, as in client-go's pager.
 */
export async function listAll<T>(
  client: Pick<KubeClient, "list">,
  kind: Kind<T>,
  at: { readonly namespace: string | null; readonly labelSelector?: string | undefined },
  notOlderThan: string | null,
  signal?: AbortSignal,
): Promise<{ readonly objects: readonly T[]; readonly version: string }> {
  const from =
    notOlderThan === null
      ? {}
      : {
          resourceVersion: notOlderThan,
          ...(notOlderThan === "0" ? {} : { resourceVersionMatch: "NotOlderThan" as const }),
        };
  const objects: T[] = [];
  let page = await client.list(kind, { ...at, ...from, limit: pageSize }, signal);
  for (;;) {
    objects.push(...page.items);
    const continueToken = page.metadata.continue ?? "";
    if (continueToken === "") return { objects, version: page.metadata.resourceVersion };
    try {
      page = await client.list(kind, { ...at, limit: pageSize, continueToken }, signal);
    } catch (error) {
      if (!isGone(error)) throw error;
      const whole = await client.list(kind, { ...at, ...from }, signal);
      return { objects: whole.items, version: whole.metadata.resourceVersion };
    }
  }
}
