import { mkdirSync, readdirSync, statSync } from "node:fs";
import path from "node:path";
import { HubError } from "#server/errors.ts";
import type { Observation, ServerRef, Sighting } from "../spawner.ts";
import { type RunFacts, readRun, runIdOf } from "./adopt.ts";
import { wasOutgrown } from "./limits-cgroup.ts";
import { observationOf } from "./observation.ts";
import { bootId } from "./processes.ts";
import { type RunRecord, ServerFiles } from "./records.ts";
import { type Listening, lookAtPort, lookAtSocket } from "./socket.ts";

export type KnownRun = {
  readonly files: ServerFiles;
  readonly facts: RunFacts;
  readonly sighting: Sighting;
  readonly listening: Listening;
};

/** All servers of this machine, as their files and /proc tell it. Nothing is remembered: every look is a live one. */
export class ServerTable {
  readonly #folder: string;
  readonly #bootId = bootId();

  constructor(folder: string) {
    this.#folder = folder;
  }

  filesOf(serverId: string): ServerFiles {
    return new ServerFiles(path.join(this.#folder, serverId));
  }

  openFilesOf(serverId: string): ServerFiles {
    const files = this.filesOf(serverId);
    mkdirSync(files.folder, { recursive: true, mode: 0o700 });
    return files;
  }

  /** The newest run of each server. Throws when the folder can't be read: then nobody knows. */
  all(): KnownRun[] {
    return this.serverIds().flatMap((serverId) => {
      const files = this.filesOf(serverId);
      const [newest] = this.recordsOfThisBoot(files);
      return newest === undefined ? [] : [this.#look(files, newest)];
    });
  }

  /** The run of this generation or, without one, of an older. */
  find(ref: ServerRef): KnownRun | null {
    const files = this.filesOf(ref.serverId);
    const record = this.recordsOfThisBoot(files).find(({ generation }) => generation <= ref.generation);
    return record === undefined ? null : this.#look(files, record);
  }

  serverIds(): string[] {
    try {
      return readdirSync(this.#folder);
    } catch (cause) {
      throw new HubError("unavailable", "The records of the servers on this machine can't be read.", { cause });
    }
  }

  /** A reboot ended every process there was. */
  recordsOfThisBoot(files: ServerFiles): RunRecord[] {
    return files.records().filter((record) => record.bootId === this.#bootId);
  }

  #look(files: ServerFiles, record: RunRecord): KnownRun {
    const facts = readRun(files, record);
    const exitFile = statSync(files.path("exit", record.generation), { throwIfNoEntry: false });
    const seen = observationOf(facts, wasOutgrown(record.cgroups), exitFile?.mtime ?? record.askedAt);
    const listening = seen.kind === "running" ? listeningOf(record) : "not-yet";
    const { serverId, generation, namespace, objectName } = record;
    return {
      files,
      facts,
      listening,
      sighting: {
        ref: { serverId, generation, namespace, objectName, runId: runIdOf(facts) },
        observation: listening === "foreign" ? unreachable(runIdOf(facts)) : seen,
      },
    };
  }
}

function listeningOf({ target, ...record }: RunRecord): Listening {
  return target.kind === "unix" ? lookAtSocket({ target, ...record }) : lookAtPort(target.port, record.uid);
}

/** Never routed to: it would be given this server's secret. */
function unreachable(runId: string): Observation {
  const detail = "Something that isn't this server answers in its place.";
  return { kind: "waiting", runId, phase: "starting", detail };
}
