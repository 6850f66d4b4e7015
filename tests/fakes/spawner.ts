import type {
  KeptHome,
  Observation,
  ServerRef,
  Sighting,
  Spawner,
  SpawnerListener,
  SpawnOrder,
  StartOutcome,
} from "#server/spawner/spawner.ts";
import { EchoServer } from "./echo-server.ts";

type Run = { ref: ServerRef; observation: Observation; order: SpawnOrder; app: EchoServer | null };

/**
 * A backend with behaviour, in memory: runs survive a hub's end, starts and stops are counted, and the test decides what
 * goes wrong. Its servers answer HTTP for real.
 */
export class FakeSpawner implements Spawner {
  readonly kind = "local";
  readonly runs = new Map<string, Run>();
  readonly started: string[] = [];
  readonly stopped: string[] = [];
  /** What a start ends in; by default the server runs at once. */
  onStart: (order: SpawnOrder) => StartOutcome | "run" | "wait" = () => "run";
  /** Called before every call of the interface, with its name: a test throws here to cut the hub off. */
  before: (call: string) => void = () => undefined;
  unreachable = false;
  #listeners = new Set<SpawnerListener>();
  #count = 0;

  async start(order: SpawnOrder): Promise<StartOutcome> {
    this.#reach("start");
    const known = this.runs.get(order.ref.serverId);
    if (known !== undefined && known.ref.generation === order.ref.generation) return { kind: "started", homeUid: null };
    if (known !== undefined) return { kind: "retry", afterMs: 20, because: "an older run is still there" };
    const outcome = this.onStart(order);
    if (typeof outcome !== "string") return outcome;
    const runId = `run-${++this.#count}`;
    const ref = { ...order.ref, runId };
    this.started.push(`${order.ref.serverId}#${order.ref.generation}`);
    const run: Run = { ref, order, app: null, observation: { kind: "waiting", runId, phase: "starting", detail: "" } };
    this.runs.set(order.ref.serverId, run);
    if (outcome === "run") await this.setRunning(order.ref.serverId);
    else this.#tell(run);
    return { kind: "started", homeUid: null };
  }

  async stop(ref: ServerRef): Promise<{ kind: "gone" }> {
    this.#reach("stop");
    const run = this.runs.get(ref.serverId);
    if (run === undefined || run.ref.generation > ref.generation) return { kind: "gone" };
    this.stopped.push(`${ref.serverId}#${run.ref.generation}`);
    this.kill(ref.serverId);
    return { kind: "gone" };
  }

  readonly removedHomes: KeptHome[] = [];
  async removeHome(home: KeptHome): Promise<"gone"> {
    this.#reach("removeHome");
    this.removedHomes.push(home);
    return "gone";
  }

  async observe(ref: ServerRef): Promise<Observation> {
    this.#reach("observe");
    return this.runs.get(ref.serverId)?.observation ?? { kind: "absent" };
  }

  async observeAll(): Promise<Sighting[]> {
    this.#reach("observeAll");
    return [...this.runs.values()].map(({ ref, observation }) => ({ ref, observation }));
  }

  async watch(listener: SpawnerListener, signal: AbortSignal): Promise<void> {
    this.#listeners.add(listener);
    await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
    this.#listeners.delete(listener);
  }

  async logTail(): Promise<string[]> {
    return ["the last line"];
  }

  async health() {
    return { ok: true, since: null, checks: [] };
  }

  async setRunning(serverId: string): Promise<void> {
    const run = this.#run(serverId);
    run.app = new EchoServer(run.order.owner.name);
    const port = await run.app.listen();
    const runId = run.ref.runId ?? "";
    this.set(serverId, { kind: "running", runId, target: { kind: "tcp", host: "127.0.0.1", port }, since: new Date() });
  }

  /** The program that answers for this server. */
  appOf(serverId: string): EchoServer {
    const { app } = this.#run(serverId);
    if (app === null) throw new Error(`nothing answers for ${serverId} yet`);
    return app;
  }

  /** Takes the program out of the run: it answers at its address whatever becomes of the run. The caller closes it. */
  detachApp(serverId: string): EchoServer {
    const app = this.appOf(serverId);
    this.#run(serverId).app = null;
    return app;
  }

  set(serverId: string, observation: Observation): void {
    const run = this.#run(serverId);
    run.observation = observation;
    this.#tell(run);
  }

  /** Gone, as if deleted from outside. */
  kill(serverId: string): void {
    const run = this.runs.get(serverId);
    if (run === undefined) return;
    run.app?.close();
    this.runs.delete(serverId);
    run.observation = { kind: "absent" };
    this.#tell(run);
  }

  /** The view of the backend is old since then, or fresh again (`null`). */
  setStale(since: Date | null): void {
    for (const listener of this.#listeners) listener.stale(since);
  }

  close(): void {
    for (const id of [...this.runs.keys()]) this.kill(id);
  }

  #run(serverId: string): Run {
    const run = this.runs.get(serverId);
    if (run === undefined) throw new Error(`nothing runs for ${serverId}`);
    return run;
  }

  #tell(run: Run): void {
    for (const listener of this.#listeners) listener.changed({ ref: run.ref, observation: run.observation });
  }

  #reach(call: string): void {
    this.before(call);
    if (this.unreachable) throw new Error("the backend can't be reached");
  }
}
