import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import type { Clock } from "#server/clock.ts";
import type { Log } from "#server/log.ts";
import { jupyterSettings } from "./local/command.ts";
import { endRun } from "./local/end-run.ts";
import { healthOf } from "./local/health.ts";
import { homeFolderUsage } from "./local/home-usage.ts";
import { KeyedLock } from "./local/keyed-lock.ts";
import type { Limits } from "./local/limits.ts";
import { cgroupLimits } from "./local/limits-cgroup.ts";
import { processLimits } from "./local/limits-rlimit.ts";
import { lastLines } from "./local/log-file.ts";
import type { RunRecord } from "./local/records.ts";
import { removeHomeFolder } from "./local/remove-home.ts";
import { openRuntimeParent, runtimeParent } from "./local/runtime-folder.ts";
import { ServerTable } from "./local/server-table.ts";
import { startRun } from "./local/start-run.ts";
import { Wakener } from "./local/wakener.ts";
import { Watch } from "./local/watch.ts";
import type {
  KeptHome,
  Observation,
  RemoveOutcome,
  ServerRef,
  Sighting,
  Spawner,
  SpawnOrder,
  StartOutcome,
  StopOutcome,
} from "./spawner.ts";

export { checkHomeEnterable } from "./local/home.ts";

export type LocalSpawnerOptions = {
  readonly home: string;
  /** What `jupyter` means in a server's command: a path, or a name to look up. */
  readonly jupyterCommand: string;
  readonly installationId: string;
  readonly trustedUsers: boolean;
  readonly clock: Clock;
  readonly log: Log;
  /** `process`: don't look for control groups. */
  readonly limits?: "best" | "process";
  /** Between SIGTERM and SIGKILL. */
  readonly graceSeconds?: number;
};

export interface LocalSpawner extends Spawner {
  /** What people must know about how limits are held here; null when there is nothing to say. */
  limitsNote(): string | null;
}

/** Servers as processes of this machine. They outlive the hub; the next one finds them by what is written down. */
export function createLocalSpawner(options: LocalSpawnerOptions): LocalSpawner {
  return new ProcessSpawner(options);
}

class ProcessSpawner implements LocalSpawner {
  readonly kind = "local";
  readonly #options: LocalSpawnerOptions;
  readonly #limits: Limits;
  readonly #servers: string;
  readonly #table: ServerTable;
  readonly #locks = new KeyedLock();
  readonly #wakener: Wakener;

  constructor(options: LocalSpawnerOptions) {
    this.#options = options;
    this.#servers = path.join(options.home, "run", "servers");
    this.#limits = limitsOf(options);
    this.#table = new ServerTable(this.#servers);
    this.#wakener = new Wakener(options.clock);
    prepareFolders(options, this.#servers);
  }

  limitsNote(): string | null {
    return this.#limits.note;
  }

  async start(order: SpawnOrder, signal: AbortSignal): Promise<StartOutcome> {
    return await this.#alone(order.ref.serverId, async () => {
      const { home, installationId, jupyterCommand, trustedUsers, clock, graceSeconds = 10 } = this.#options;
      return await startRun(isRoot() ? order : withoutAccount(order), signal, {
        table: this.#table,
        limits: this.#limits,
        homes: path.join(home, "homes"),
        jupyterConfig: path.join(home, "run", "jupyter"),
        runtimeParent: runtimeParent(home, installationId),
        machine: { isRoot: isRoot(), trustedUsers },
        jupyterCommand,
        clock,
        graceSeconds,
        end: (record) => this.#end(record, signal),
        onEnded: () => this.#wakener.wake(),
      });
    });
  }

  async stop(ref: ServerRef, signal: AbortSignal): Promise<StopOutcome> {
    return await this.#alone(ref.serverId, async () => {
      const files = this.#table.filesOf(ref.serverId);
      for (const record of files.records()) {
        if (record.generation > ref.generation) continue;
        const outcome = await this.#end(record, signal);
        if (outcome.kind === "stopping") return outcome;
      }
      return { kind: "gone" };
    });
  }

  async observe(ref: ServerRef): Promise<Observation> {
    return this.#table.find(ref)?.sighting.observation ?? { kind: "absent" };
  }

  async observeAll(): Promise<readonly Sighting[]> {
    return this.#table.all().map(({ sighting }) => sighting);
  }

  async watch(listener: Parameters<Spawner["watch"]>[0], signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#options;
    const pause = (ms: number, until: AbortSignal) => this.#wakener.pause(ms, until);
    await new Watch({ table: this.#table, clock, log, pause }, listener).run(signal);
  }

  async removeHome(home: KeptHome): Promise<RemoveOutcome> {
    return await removeHomeFolder(path.join(this.#options.home, "homes"), home);
  }

  async homeUsage(home: KeptHome, signal: AbortSignal): Promise<number | null> {
    const { clock } = this.#options;
    return await homeFolderUsage(path.join(this.#options.home, "homes"), home, { clock, signal });
  }

  async logTail(ref: ServerRef, lines: number): Promise<readonly string[]> {
    return lastLines(this.#table.filesOf(ref.serverId).path("log", ref.generation), lines);
  }

  async health(): ReturnType<Spawner["health"]> {
    return healthOf(this.#options.home, this.#servers, this.#limits);
  }

  async #alone<T>(serverId: string, task: () => Promise<T>): Promise<T> {
    return await this.#locks.run(serverId, task).finally(() => this.#wakener.wake());
  }

  #end(record: RunRecord, signal: AbortSignal): Promise<StopOutcome> {
    const files = this.#table.filesOf(record.serverId);
    return endRun(record, { files, clock: this.#options.clock, signal });
  }
}

/** Only root runs processes, and gives folders, to another account: without it all is the hub's own. */
function withoutAccount(order: SpawnOrder): SpawnOrder {
  return { ...order, owner: { ...order.owner, uid: null } };
}

function isRoot(): boolean {
  return process.getuid?.() === 0;
}

function limitsOf({ limits, installationId }: LocalSpawnerOptions): Limits {
  if (limits === "process") return processLimits("the configuration asks for it");
  const held = cgroupLimits(`berth-${installationId.slice(0, 8)}`);
  return "because" in held ? processLimits(held.because) : held;
}

/** Others may pass through to what is theirs; what is written down of servers is the hub's alone. */
function prepareFolders({ home, installationId }: LocalSpawnerOptions, servers: string): void {
  for (const folder of ["homes", "run"]) mkdirSync(path.join(home, folder), { recursive: true, mode: 0o711 });
  mkdirSync(servers, { recursive: true, mode: 0o700 });
  openRuntimeParent(runtimeParent(home, installationId));
  const jupyterConfig = path.join(home, "run", "jupyter");
  mkdirSync(jupyterConfig, { recursive: true, mode: 0o755 });
  writeFileSync(path.join(jupyterConfig, "jupyter_server_config.json"), JSON.stringify(jupyterSettings), {
    mode: 0o644,
  });
}
