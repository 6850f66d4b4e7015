import type { ServerResponse } from "node:http";
import type { KubeFaults } from "./kube-api-faults.ts";
import { isSelected, type KubeRequest } from "./kube-api-request.ts";
import type { Change, KubeStore } from "./kube-api-store.ts";

/** The open watches. */
export class KubeWatches {
  readonly #store: KubeStore;
  readonly #faults: KubeFaults;
  readonly #open = new Map<ServerResponse, KubeRequest>();

  constructor(store: KubeStore, faults: KubeFaults) {
    this.#store = store;
    this.#faults = faults;
    store.onChange((change) => {
      for (const [response, request] of this.#open) this.#send(response, request, change);
    });
  }

  /** Open watches of this kind. */
  count(plural: string): number {
    return [...this.#open.values()].filter((request) => request.plural === plural).length;
  }

  serve(request: KubeRequest, response: ServerResponse): void {
    const from = Number(request.query.get("resourceVersion") ?? "0");
    response.writeHead(200, { "content-type": "application/json" }).flushHeaders();
    if (from !== 0 && from < this.#store.compacted) {
      const object = {
        kind: "Status",
        status: "Failure",
        code: 410,
        reason: "Expired",
        message: "too old resource version",
      };
      response.end(`${JSON.stringify({ type: "ERROR", object })}\n`);
      return;
    }
    this.#open.set(response, request);
    response.on("close", () => this.#open.delete(response));
    for (const change of this.#store.changes) if (change.version > from) this.#send(response, request, change);
  }

  /** Says how far it is, to every watch that asked to be told. */
  bookmark(): void {
    if (this.#faults.silent) return;
    const object = { kind: "Pod", metadata: { resourceVersion: String(this.#store.version) } };
    for (const [response, { query }] of this.#open) {
      if (query.get("allowWatchBookmarks") === "true")
        response.write(`${JSON.stringify({ type: "BOOKMARK", object })}\n`);
    }
  }

  /** As when `timeoutSeconds` are over. */
  end(): void {
    for (const response of this.#open.keys()) response.end();
  }

  /** As when the API server or something on the way dies. */
  cut(): void {
    for (const response of this.#open.keys()) response.destroy();
  }

  #send(response: ServerResponse, request: KubeRequest, change: Change): void {
    if (this.#faults.silent || change.plural !== request.plural) return;
    if (request.namespace !== null && change.object.metadata.namespace !== request.namespace) return;
    if (!isSelected(change.object, request.query)) return;
    for (const { type, object } of this.#faults.onEvent(change))
      response.write(`${JSON.stringify({ type, object })}\n`);
  }
}
