import { linkSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { z } from "zod";
import { HubError } from "#server/errors.ts";

const Target = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("tcp"), host: z.string(), port: z.number() }),
  z.object({ kind: z.literal("unix"), path: z.string() }),
]);

/** What is written down of a run before its process exists: enough for any later hub to find, judge and end it. */
const RunRecord = z.object({
  /** New for every attempt; the run's processes carry it in their environment, and nobody else knows it. */
  attempt: z.string(),
  serverId: z.string(),
  generation: z.number(),
  namespace: z.string(),
  objectName: z.string(),
  ownerId: z.string(),
  bootId: z.string(),
  uid: z.number().nullable(),
  secretHash: z.string(),
  target: Target,
  askedAt: z.coerce.date(),
  graceSeconds: z.number(),
  memoryLimitBytes: z.number(),
  /** Folders of its cgroup, one a hierarchy; empty where limits are held per process. */
  cgroups: z.array(z.string()),
  runtimeFolder: z.string(),
  temporaryHome: z.string().nullable(),
  stoppingSince: z.coerce.date().nullable(),
});
export type RunRecord = z.infer<typeof RunRecord>;

/**
 * The files of one server, in a folder of its own that only the hub's account may enter:
 * `order-N.json` (asked for; a supervisor starts nothing without it), `stopping-N.json` (to be ended), and, written by
 * the run's own supervisor: `run-N`, `app-N` (their lines of /proc/PID/stat) and `exit-N` (a shell's exit status).
 */
export class ServerFiles {
  readonly folder: string;

  constructor(folder: string) {
    this.folder = folder;
  }

  path(name: "run" | "app" | "exit" | "log" | "oom", generation: number): string {
    return path.join(this.folder, `${name}-${generation}`);
  }

  /** Newest first. A run that is both asked for and to be ended is to be ended: a hub died between the two writes. */
  records(): RunRecord[] {
    const byGeneration = new Map<number, RunRecord>();
    for (const name of this.#names().sort()) {
      if (!/^(order|stopping)-\d+\.json$/.test(name)) continue;
      const record = this.#read(name);
      if (record !== null) byGeneration.set(record.generation, record);
    }
    return [...byGeneration.values()].sort((a, b) => b.generation - a.generation);
  }

  /** False when a record of this generation exists: two hubs may ask at once, and one of them is first. */
  create(record: RunRecord): boolean {
    const partial = this.#writePartial(record);
    try {
      linkSync(partial, this.#record("order", record.generation));
      return true;
    } catch (error) {
      if (isCode(error, "EEXIST")) return false;
      throw error;
    } finally {
      rmSync(partial, { force: true });
    }
  }

  /** From here on no supervisor of this run starts anything any more. */
  markStopping(record: RunRecord, since: Date): RunRecord {
    const stopping = { ...record, stoppingSince: since };
    renameSync(this.#writePartial(stopping), this.#record("stopping", record.generation));
    rmSync(this.#record("order", record.generation), { force: true });
    return stopping;
  }

  /** The log stays, for whoever wants to know why. The record goes last: while it is there, the rest is found again. */
  remove(generation: number): void {
    this.#removeAll(/^\.partial-(\d+)-/, (of) => of <= generation);
    for (const name of ["run", "app", "exit", "oom"] as const) rmSync(this.path(name, generation), { force: true });
    rmSync(this.#record("order", generation), { force: true });
    rmSync(this.#record("stopping", generation), { force: true });
  }

  removeLogsBefore(generation: number): void {
    this.#removeAll(/^log-(\d+)(?:\.1)?$/, (of) => of < generation);
  }

  #removeAll(pattern: RegExp, isMeant: (generation: number) => boolean): void {
    for (const name of this.#names()) {
      const of = pattern.exec(name)?.[1];
      if (of !== undefined && isMeant(Number(of))) rmSync(path.join(this.folder, name), { force: true });
    }
  }

  readText(name: "run" | "app" | "exit" | "oom", generation: number): string | null {
    return readIfThere(this.path(name, generation));
  }

  #record(kind: "order" | "stopping", generation: number): string {
    return path.join(this.folder, `${kind}-${generation}.json`);
  }

  #names(): string[] {
    try {
      return readdirSync(this.folder);
    } catch (error) {
      if (isCode(error, "ENOENT")) return [];
      throw error;
    }
  }

  /** The attempt stands alone in the first line, where the supervisor's shell can read it. */
  #writePartial(record: RunRecord): string {
    const partial = path.join(this.folder, `.partial-${record.generation}-${record.attempt}-${process.pid}`);
    writeFileSync(partial, `${record.attempt}\n${JSON.stringify(record)}\n`, { mode: 0o600 });
    return partial;
  }

  #read(name: string): RunRecord | null {
    const text = readIfThere(path.join(this.folder, name));
    if (text === null) return null;
    try {
      return RunRecord.parse(JSON.parse(text.slice(text.indexOf("\n") + 1)));
    } catch (cause) {
      throw new HubError("unavailable", "A server's record can't be read.", { cause, detail: { file: name } });
    }
  }
}

function readIfThere(file: string): string | null {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    if (isCode(error, "ENOENT")) return null;
    throw error;
  }
}

export function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}
