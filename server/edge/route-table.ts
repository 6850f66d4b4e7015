import type { RouteMessage, StoppedMessage } from "#server/internal/messages.ts";
import { namesInPrefix, type ServerTarget } from "./route.ts";
import { type PoolTimes, Run, runKeyOf } from "./run.ts";

export type Entry =
  | { readonly kind: "running"; readonly server: RouteMessage; readonly run: Run; readonly runKey: string }
  | { readonly kind: "stopped"; readonly server: StoppedMessage };

export type Found = {
  readonly entry: Entry;
  /** Where the path goes on behind this server's prefix, at its `/`, `?` or end. */
  readonly prefixEnd: number;
};

/** Every server the hub told of. Found by the names in the path, each decoded once; never by a string's beginning. */
export class RouteTable {
  readonly #times: PoolTimes;
  readonly #byId = new Map<string, Entry>();
  readonly #idByPath = new Map<string, string>();
  readonly #waiting = new Map<string, Set<() => void>>();

  constructor(times: PoolTimes) {
    this.#times = times;
  }

  find(target: ServerTarget): Found | null {
    const named = target.second === null ? undefined : this.#at(target.owner, target.second);
    if (named !== undefined) return { entry: named, prefixEnd: target.secondEnd };
    const unnamed = this.#at(target.owner, "");
    return unnamed === undefined ? null : { entry: unnamed, prefixEnd: target.ownerEnd };
  }

  byId(serverId: string): Entry | undefined {
    return this.#byId.get(serverId);
  }

  /** Resolves when the hub says something new of this server, or after `ms`. */
  async changed(serverId: string, ms: number): Promise<void> {
    const waiting = this.#waiting.get(serverId) ?? new Set();
    this.#waiting.set(serverId, waiting);
    await new Promise<void>((resolve) => {
      const done = () => {
        clearTimeout(timer);
        waiting.delete(done);
        if (waiting.size === 0) this.#waiting.delete(serverId);
        resolve();
      };
      const timer = setTimeout(done, ms);
      waiting.add(done);
    });
  }

  /** What is left out is gone; what is the same keeps its connections. */
  replaceAll(routes: readonly RouteMessage[], stopped: readonly StoppedMessage[]): void {
    const known = new Set([...routes, ...stopped].map((server) => server.serverId));
    for (const serverId of [...this.#byId.keys()]) if (!known.has(serverId)) this.remove(serverId);
    for (const server of stopped) this.setStopped(server);
    for (const route of routes) this.setRoute(route);
  }

  setRoute(route: RouteMessage): void {
    const runKey = runKeyOf(route);
    const before = this.#byId.get(route.serverId);
    if (before?.kind === "running" && before.runKey === runKey) {
      before.run.route = route;
      this.#put({ ...before, server: route });
      return;
    }
    // The old run's sockets are gone before the new one is found.
    if (before?.kind === "running") before.run.end();
    this.#put({ kind: "running", server: route, run: new Run(route, this.#times), runKey });
  }

  setStopped(server: StoppedMessage): void {
    this.#endRun(server.serverId);
    this.#put({ kind: "stopped", server });
  }

  remove(serverId: string): void {
    this.#endRun(serverId);
    this.#forgetPath(serverId);
    this.#byId.delete(serverId);
  }

  *runs(): Iterable<Run> {
    for (const entry of this.#byId.values()) if (entry.kind === "running") yield entry.run;
  }

  #at(owner: string, serverName: string): Entry | undefined {
    const id = this.#idByPath.get(keyOf(owner, serverName));
    return id === undefined ? undefined : this.#byId.get(id);
  }

  #put(entry: Entry): void {
    this.#forgetPath(entry.server.serverId);
    this.#byId.set(entry.server.serverId, entry);
    const names = namesInPrefix(entry.server.prefix);
    if (names !== null) this.#idByPath.set(keyOf(names.owner, names.server), entry.server.serverId);
    for (const done of [...(this.#waiting.get(entry.server.serverId) ?? [])]) done();
  }

  #endRun(serverId: string): void {
    const before = this.#byId.get(serverId);
    if (before?.kind === "running") before.run.end();
  }

  #forgetPath(serverId: string): void {
    const before = this.#byId.get(serverId);
    const names = before === undefined ? null : namesInPrefix(before.server.prefix);
    if (names === null) return;
    const key = keyOf(names.owner, names.server);
    if (this.#idByPath.get(key) === serverId) this.#idByPath.delete(key);
  }
}

/** A line feed is in no name: routes with one are refused. */
function keyOf(owner: string, serverName: string): string {
  return `${owner}\n${serverName}`;
}
