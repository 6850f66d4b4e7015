import type { IncomingMessage } from "node:http";
import type { Clock } from "#server/clock.ts";
import { version } from "#server/version.ts";

/** What edge and web say they are when they ask the hub. */
export const ownName = { "user-agent": `berth/${version}` };

/** Older ones say nothing, or what their HTTP library says. */
function versionOf({ headers }: IncomingMessage): string {
  return /^berth\/(\S+)$/.exec(headers["user-agent"] ?? "")?.[1] ?? "unknown";
}

/** Which edges take their routes from this hub, and which web process last asked it. Of those at another hub it knows nothing. */
export class Callers {
  readonly #clock: Clock;
  readonly #edges = new Map<IncomingMessage, string>();
  #web: { readonly version: string; readonly at: Date } | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** What is returned is called when its stream ends. */
  edgeBegan(request: IncomingMessage): () => void {
    this.#edges.set(request, versionOf(request));
    return () => this.#edges.delete(request);
  }

  webAsked(request: IncomingMessage): void {
    this.#web = { version: versionOf(request), at: this.#clock.now() };
  }

  /** The version of each edge. */
  get edges(): readonly string[] {
    return [...this.#edges.values()];
  }

  get web(): { readonly version: string; readonly at: Date } | null {
    return this.#web;
  }
}
