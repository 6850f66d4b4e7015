import { Caller, type CallerOptions, type KubeCall, type Verb, type WatchHandlers } from "./caller.ts";
import { type AccessSource, inClusterAccess } from "./cluster-access.ts";
import { errorWithoutAnswer } from "./errors.ts";
import { type Kind, pathOf } from "./kinds.ts";
import type { Ask } from "./transport.ts";

export type KubeClientOptions = CallerOptions & {
  /** null: as the pod's own service account. */
  readonly kubeconfigPath: string | null;
};

type At = { readonly namespace: string | null; readonly name: string };
/** `graceSeconds: 0` takes a pod's object away without waiting for its machine. */
type Deletion = At & { readonly uid: string; readonly graceSeconds?: number };
type ListQuery = {
  readonly namespace: string | null;
  readonly labelSelector?: string | undefined;
  readonly fieldSelector?: string | undefined;
  readonly limit?: number | undefined;
  readonly continueToken?: string | undefined;
  readonly resourceVersion?: string | undefined;
  readonly resourceVersionMatch?: "NotOlderThan" | "Exact" | undefined;
};
type WatchQuery = Omit<ListQuery, "limit" | "continueToken" | "resourceVersionMatch"> & {
  readonly timeoutSeconds: number;
};
type ListOf<T> = {
  readonly items: readonly T[];
  readonly metadata: { readonly resourceVersion: string; readonly continue?: string };
};
export type KubeClient = {
  get<T>(kind: Kind<T>, at: At, signal?: AbortSignal): Promise<T>;
  list<T>(kind: Kind<T>, query: ListQuery, signal?: AbortSignal): Promise<ListOf<T>>;
  create<T>(kind: Kind<T>, namespace: string | null, object: T, signal?: AbortSignal): Promise<T>;
  /** As `create`, admission and all, but nothing is kept. */
  tryCreate<T>(kind: Kind<T>, namespace: string, object: T, signal?: AbortSignal): Promise<T>;
  replace<T>(kind: Kind<T>, at: At, object: T, signal?: AbortSignal): Promise<T>;
  /** Only the object with this UID; a conflict when the name belongs to another by now. */
  delete(kind: Kind<unknown>, which: Deletion, signal?: AbortSignal): Promise<void>;
  logs(at: At & { readonly container: string; readonly tailLines: number }, signal?: AbortSignal): Promise<string>;
  /** What the API server calls its version, and its clock. */
  version(signal?: AbortSignal): Promise<{ readonly version: string; readonly date: Date | null }>;
  /** Ends when the API server ends it or the signal aborts; fails when the connection breaks. */
  watch(kind: Kind<unknown>, query: WatchQuery, handlers: WatchHandlers, signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
};

const logBytes = 64 * 1024;

export async function createKubeClient(options: KubeClientOptions): Promise<KubeClient> {
  const source = options.kubeconfigPath === null ? inClusterAccess() : await kubeconfigSource(options.kubeconfigPath);
  const caller = new Caller(options, source);
  const json = async <T>(call: KubeCall, ask: Ask): Promise<T> => parse<T>(await caller.call(call, ask));
  return {
    get: (kind, at, signal) => json(callOf("get", kind, at), { method: "GET", path: pathOf(kind, at), signal }),
    list: (kind, query, signal) =>
      json(callOf("list", kind, query), {
        method: "GET",
        path: `${pathOf(kind, { namespace: query.namespace })}${queryOf(query)}`,
        signal,
      }),
    create: (kind, namespace, object, signal) =>
      json(callOf("create", kind, { namespace, name: nameOf(object) }), {
        method: "POST",
        path: pathOf(kind, { namespace }),
        body: JSON.stringify(object),
        signal,
      }),
    tryCreate: (kind, namespace, object, signal) =>
      json(callOf("create", kind, { namespace, name: nameOf(object) }), {
        method: "POST",
        path: `${pathOf(kind, { namespace })}?dryRun=All`,
        body: JSON.stringify(object),
        signal,
      }),
    replace: (kind, at, object, signal) =>
      json(callOf("update", kind, at), { method: "PUT", path: pathOf(kind, at), body: JSON.stringify(object), signal }),
    delete: async (kind, at, signal) => {
      const { uid, graceSeconds: gracePeriodSeconds } = at;
      const options = { apiVersion: "v1", kind: "DeleteOptions", preconditions: { uid }, gracePeriodSeconds };
      const body = JSON.stringify(options);
      await caller.call(callOf("delete", kind, at), { method: "DELETE", path: pathOf(kind, at), body, signal });
    },
    logs: async ({ container, tailLines, ...at }, signal) => {
      const query = new URLSearchParams({ container, tailLines: String(tailLines), limitBytes: String(logBytes) });
      const path = `${pathOf({ group: "", version: "v1", plural: "pods" }, { ...at, part: "log" })}?${query}`;
      return await caller.call({ verb: "get", kind: "pods/log", ...at }, { method: "GET", path, signal });
    },
    version: async (signal) => {
      const call: KubeCall = { verb: "get", kind: "version", namespace: null, name: null };
      const { text, date } = await caller.answer(call, { method: "GET", path: "/version", signal });
      return { version: parse<{ gitVersion: string }>(text).gitVersion, date };
    },
    watch: (kind, query, handlers, signal) => {
      const told = queryOf(query, { watch: "true", allowWatchBookmarks: "true" });
      const path = `${pathOf(kind, { namespace: query.namespace })}${told}`;
      return caller.watch(callOf("watch", kind, query), path, handlers, signal);
    },
    close: () => caller.close(),
  };
}

function callOf(
  verb: Verb,
  kind: Kind<unknown>,
  at: { readonly namespace: string | null; readonly name?: string },
): KubeCall {
  return { verb, kind: kind.plural, namespace: at.namespace, name: at.name ?? null };
}

function nameOf(object: unknown): string {
  const { metadata } = object as { readonly metadata?: { readonly name?: string } };
  return metadata?.name ?? "";
}

function queryOf(query: ListQuery | WatchQuery, more: Readonly<Record<string, string>> = {}): string {
  const { namespace: _, continueToken, ...rest } = { continueToken: undefined, ...query };
  const entries = Object.entries({ ...rest, continue: continueToken, ...more });
  const told = entries.flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]]));
  return told.length === 0 ? "" : `?${new URLSearchParams(told)}`;
}

function parse<T>(text: string): T {
  try {
    return JSON.parse(text) as T;
  } catch (error) {
    // Cut off in the middle, or a proxy's page with status 200.
    throw errorWithoutAnswer("ConnectionLost", error);
  }
}

/** Loaded where a kubeconfig is named: in a cluster the pod's two files are read without the generated client. */
async function kubeconfigSource(path: string): Promise<AccessSource> {
  const { kubeconfigAccess } = await import("./kubeconfig-access.ts");
  return kubeconfigAccess(path);
}
