import type { KubeJson } from "./kube-api-store.ts";

export type KubeRequest = {
  readonly verb: "get" | "list" | "watch" | "create" | "update" | "patch" | "delete";
  /** `pods`, or `pods/log`. */
  readonly resource: string;
  readonly plural: string;
  readonly part: string | null;
  readonly namespace: string | null;
  readonly name: string | null;
  readonly query: URLSearchParams;
};

const writes: Readonly<Record<string, KubeRequest["verb"]>> = {
  POST: "create",
  PUT: "update",
  PATCH: "patch",
  DELETE: "delete",
};

/** Undefined for what is no resource: `/version`. */
export function requestOf(method: string, url: string): KubeRequest | undefined {
  const { pathname, searchParams: query } = new URL(url, "http://fake");
  const match = /^\/(?:api\/v1|apis\/[^/]+\/[^/]+)\/(.+)$/.exec(pathname);
  if (match === null) return undefined;
  const parts = (match[1] ?? "").split("/").map(decodeURIComponent);
  const isIn = parts[0] === "namespaces" && parts.length > 2;
  const [plural = "", name = null, part = null] = isIn ? parts.slice(2) : parts;
  const read = name !== null ? "get" : query.get("watch") === "true" ? "watch" : "list";
  return {
    verb: writes[method] ?? read,
    resource: part === null ? plural : `${plural}/${part}`,
    plural,
    part,
    namespace: isIn ? (parts[1] ?? null) : null,
    name,
    query,
  };
}

/** `labelSelector` (`a=b,c=d`) and `fieldSelector` (dotted paths). */
export function isSelected(object: KubeJson, query: URLSearchParams): boolean {
  const pairs = (text: string | null) =>
    (text ?? "").split(",").flatMap((pair) => (pair === "" ? [] : [pair.split("=", 2)]));
  const labels = object.metadata.labels ?? {};
  return (
    pairs(query.get("labelSelector")).every(([key = "", value]) => labels[key] === value) &&
    pairs(query.get("fieldSelector")).every(([path = "", value]) => fieldOf(object, path) === value)
  );
}

function fieldOf(object: unknown, path: string): unknown {
  return path.split(".").reduce<unknown>((at, key) => (at as Record<string, unknown> | undefined)?.[key], object);
}
