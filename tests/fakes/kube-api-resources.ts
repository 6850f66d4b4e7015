import type { KubeStatus } from "./kube-api-faults.ts";
import type { KubePods } from "./kube-api-pods.ts";
import { isSelected, type KubeRequest } from "./kube-api-request.ts";
import type { KubeJson, KubeStore } from "./kube-api-store.ts";

export type Done = { readonly status: number; readonly body: unknown };
type Given = {
  metadata?: { name?: string; resourceVersion?: string };
  preconditions?: { uid?: string };
  gracePeriodSeconds?: number;
  spec?: unknown;
};

const clusterWide = new Set([
  ...["namespaces", "persistentvolumes", "storageclasses", "nodes"],
  ...["selfsubjectaccessreviews", "selfsubjectreviews"],
]);

/** What the API server does with a request that reaches it. */
export class KubeResources {
  /** What `SelfSubjectAccessReview` answers to `verb resource` in a namespace (null: across the cluster). */
  allowed: (right: string, namespace: string | null) => boolean = ordinaryAccount;
  /** Pods a namespace may hold, as a ResourceQuota would say; null for no quota. */
  podQuota: number | null = null;
  /** Whose token it is. */
  username = "system:serviceaccount:berth:hub";
  gitVersion = "v1.34.4";
  /** By how much its clock is ahead of this machine's. */
  clockAheadMs = 0;
  /** Whether the quota controller does its work by itself. */
  countsQuotas = true;
  readonly #store: KubeStore;
  readonly #pods: KubePods;
  readonly #pages = new Map<string, readonly KubeJson[]>();

  constructor(store: KubeStore, pods: KubePods) {
    this.#store = store;
    this.#pods = pods;
  }

  perform(request: KubeRequest, given: Given | undefined, staleVersion: number | null): Done {
    switch (request.verb) {
      case "get":
        return this.#get(request);
      case "list":
        return this.#list(request, staleVersion);
      case "create":
        return this.#create(request, given ?? {});
      case "update":
        return this.#update(request, given ?? {});
      case "delete":
        return this.#delete(request, given ?? {});
      default:
        return this.fail({ status: 405, reason: "MethodNotAllowed", message: request.verb });
    }
  }

  statusObject({ status: code, reason = "", message = "", causes = [] }: KubeStatus): unknown {
    const details = { causes: causes.map((cause) => ({ reason: cause })) };
    return { kind: "Status", apiVersion: "v1", status: "Failure", code, reason, message, details };
  }

  fail(status: KubeStatus): Done {
    return { status: status.status, body: this.statusObject(status) };
  }

  #get(request: KubeRequest): Done {
    if (request.resource === "pods/log") {
      const lines = Number(request.query.get("tailLines") ?? "100");
      const text = this.#pods.log(request.name ?? "", lines);
      return text === undefined ? this.#notFound(request) : { status: 200, body: text };
    }
    const object = this.#find(request);
    return object === undefined ? this.#notFound(request) : { status: 200, body: object };
  }

  #list({ plural, namespace, query }: KubeRequest, staleVersion: number | null): Done {
    const token = query.get("continue");
    if (token !== null && !this.#pages.has(token))
      return this.fail({ status: 410, reason: "Expired", message: "continue token" });
    const found = this.#store.list(plural, namespace).filter((object) => isSelected(object, query));
    const asOf = found.filter(
      ({ metadata }) => staleVersion === null || Number(metadata.resourceVersion) <= staleVersion,
    );
    const all = (token === null ? undefined : this.#pages.get(token)) ?? asOf;
    const limit = Number(query.get("limit") ?? "0") || all.length;
    const items = all.slice(0, limit);
    const rest = all.slice(limit);
    const next = rest.length === 0 ? "" : `page-${this.#pages.size}`;
    if (next !== "") this.#pages.set(next, rest);
    const metadata = { resourceVersion: String(staleVersion ?? this.#store.version), continue: next };
    return { status: 200, body: { kind: "List", apiVersion: "v1", metadata, items } };
  }

  /** What the quota controller does a moment after a quota was written. */
  countQuotas(): void {
    for (const quota of this.#store.list("resourcequotas", null)) {
      const { hard } = (quota.spec ?? {}) as { hard?: object };
      this.#store.update("resourcequotas", { ...quota, status: { hard, used: {} } });
    }
  }

  /** Tokens of pages handed out so far are worth nothing any more. */
  expirePages(): void {
    this.#pages.clear();
  }

  #create(request: KubeRequest, given: Given): Done {
    const { plural, namespace } = request;
    if (plural === "selfsubjectaccessreviews")
      return { status: 201, body: { ...given, status: { allowed: this.allowed(...rightOf(given)) } } };
    if (plural === "selfsubjectreviews")
      return { status: 201, body: { ...given, status: { userInfo: { username: this.username } } } };
    const named = { ...request, name: given.metadata?.name ?? "" };
    if (!clusterWide.has(plural) && this.#store.get("namespaces", null, namespace ?? "") === undefined) {
      return this.fail({ status: 404, reason: "NotFound", message: `namespaces "${namespace}" not found` });
    }
    if (this.#find(named) !== undefined)
      return this.fail({ status: 409, reason: "AlreadyExists", message: `${plural} "${named.name}" already exists` });
    const refusal = plural === "pods" ? this.#overQuota(named) : undefined;
    if (refusal !== undefined) return refusal;
    if (request.query.get("dryRun") === "All") return { status: 201, body: given };
    const made = this.#store.create(plural, clusterWide.has(plural) ? null : namespace, given);
    if (plural === "pods") this.#pods.created(made);
    if (plural === "namespaces") this.#store.create("serviceaccounts", named.name, { metadata: { name: "default" } });
    if (plural === "resourcequotas" && this.countsQuotas) this.countQuotas();
    return { status: 201, body: made };
  }

  #overQuota({ name, namespace }: KubeRequest): Done | undefined {
    const used = this.#store.list("pods", namespace).length;
    if (this.podQuota === null || used < this.podQuota) return undefined;
    const message = `pods "${name}" is forbidden: exceeded quota: servers, requested: pods=1, used: pods=${used}, limited: pods=${this.podQuota}`;
    return this.fail({ status: 403, reason: "Forbidden", message });
  }

  #update(request: KubeRequest, given: Given): Done {
    const found = this.#find(request);
    if (found === undefined) return this.#notFound(request);
    const version = given.metadata?.resourceVersion;
    if (version !== undefined && version !== found.metadata.resourceVersion)
      return this.#conflict(request, "the object has been modified");
    const object = { ...(given as KubeJson), metadata: { ...found.metadata, ...given.metadata } };
    const written = this.#store.update(request.plural, object);
    if (request.plural === "resourcequotas" && this.countsQuotas) this.countQuotas();
    return { status: 200, body: written };
  }

  #delete(request: KubeRequest, { preconditions, gracePeriodSeconds }: Given): Done {
    const found = this.#find(request);
    if (found === undefined) return this.#notFound(request);
    const { uid } = found.metadata;
    if (preconditions?.uid !== undefined && preconditions.uid !== uid) {
      return this.#conflict(
        request,
        `the UID in the precondition (${preconditions.uid}) does not match the UID in record (${uid})`,
      );
    }
    if (request.plural === "pods" && gracePeriodSeconds !== 0) this.#pods.beginDeleting(found);
    else this.#store.remove(request.plural, found);
    return { status: 200, body: found };
  }

  #find({ plural, namespace, name }: KubeRequest): KubeJson | undefined {
    return this.#store.get(plural, clusterWide.has(plural) ? null : namespace, name ?? "");
  }

  #notFound({ plural, name }: KubeRequest): Done {
    return this.fail({ status: 404, reason: "NotFound", message: `${plural} "${name}" not found` });
  }

  #conflict({ plural, name }: KubeRequest, why: string): Done {
    return this.fail({
      status: 409,
      reason: "Conflict",
      message: `Operation cannot be fulfilled on ${plural} "${name}": ${why}`,
    });
  }
}

function rightOf({ spec }: Given): [right: string, namespace: string | null] {
  const { resourceAttributes } = (spec ?? {}) as {
    resourceAttributes?: { verb?: string; resource?: string; subresource?: string; namespace?: string };
  };
  const { verb, resource, subresource, namespace = null } = resourceAttributes ?? {};
  return [`${verb} ${resource}${subresource === undefined ? "" : `/${subresource}`}`, namespace];
}

/** What no Role of Berth's gives: an admin's, or a careless binding's. */
const beyond =
  /^(?:\* \*|list secrets|create pods\/exec|get nodes\/proxy|delete namespaces|(?:impersonate|escalate) \w+|create clusterrolebindings)$/;

/** Everything that a test of the backend itself asks for, and nothing that only an admin has. */
export function ordinaryAccount(right: string, namespace: string | null): boolean {
  return !beyond.test(right) && !(right === "create pods" && namespace === null);
}
