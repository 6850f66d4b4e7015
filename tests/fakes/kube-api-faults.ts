import type { KubeRequest } from "./kube-api-request.ts";
import type { Change } from "./kube-api-store.ts";

export type KubeStatus = {
  readonly status: number;
  readonly reason?: string;
  readonly message?: string;
  readonly retryAfterSeconds?: number;
  readonly causes?: readonly string[];
};

export type Fault =
  | ({ readonly kind: "answer" } & KubeStatus)
  /** Carried out, and then this answer all the same. */
  | ({ readonly kind: "applied-but" } & KubeStatus)
  | { readonly kind: "reset" }
  | { readonly kind: "applied-but-reset" }
  /** Never answered; ends with `release()` or the client's patience. */
  | { readonly kind: "hang" }
  /** A list from a server whose cache is this many versions behind, without what came since. */
  | { readonly kind: "stale-list"; readonly version: number };

type Match = Partial<Pick<KubeRequest, "verb" | "resource" | "name" | "namespace">>;
type Planned = { readonly match: Match; readonly fault: Fault; left: number };

/** What goes wrong, and how often. */
export class KubeFaults {
  /** What a watch is told instead of a change: nothing (dropped), twice (duplicated), or something else. */
  onEvent: (change: Change) => readonly Change[] = (change) => [change];
  /** Watches stay open and say nothing, as behind a firewall that lost the connection (F-08). */
  silent = false;
  readonly #planned: Planned[] = [];
  #hanging: (() => void)[] = [];

  add(match: Match, fault: Fault, times = 1): void {
    this.#planned.push({ match, fault, left: times });
  }

  clear(): void {
    this.#planned.length = 0;
  }

  take(request: KubeRequest): Fault | undefined {
    const planned = this.#planned.find(
      ({ match, left }) =>
        left > 0 && Object.entries(match).every(([key, value]) => request[key as keyof Match] === value),
    );
    if (planned !== undefined) planned.left--;
    return planned?.fault;
  }

  hang(): Promise<void> {
    return new Promise((resolve) => this.#hanging.push(resolve));
  }

  release(): void {
    for (const resume of this.#hanging) resume();
    this.#hanging = [];
  }
}
