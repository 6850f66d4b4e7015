import type { Db } from "#db/client.ts";
import type { ServerRow, ServerWithOwner } from "#db/servers.ts";
import type { Clock } from "#server/clock.ts";
import type { Log } from "#server/log.ts";
import type { Timings } from "#server/timings.ts";
import type { Looks } from "./looks.ts";
import type { Probes } from "./probe.ts";
import type { SpawnQueue } from "./queue.ts";
import type { Releases } from "./releases.ts";
import type { RunTimes } from "./run-times.ts";
import type { Sightings } from "./sightings.ts";
import type { Sighting, SpawnEvent, Spawner, SpawnOrder } from "./spawner.ts";

export type TermDeps = {
  readonly db: Db;
  readonly spawner: Spawner;
  readonly clock: Clock;
  readonly log: Log;
  readonly concurrentSpawnLimit: number;
  orderFor(server: ServerWithOwner): Promise<SpawnOrder>;
  /** Path that is requested until it answers. */
  readyPathFor(server: ServerWithOwner): string;
  readonly timings: Timings;
  onSpawned(server: ServerRow, homeUid: string | null): Promise<void>;
};

/** What one leadership knows, shared by what records (recorder.ts) and what acts (effects.ts). */
export type TermKnowledge = {
  readonly deps: TermDeps;
  readonly epoch: number;
  readonly signal: AbortSignal;
  readonly sightings: Sightings;
  readonly queue: SpawnQueue;
  readonly probes: Probes;
  readonly releases: Releases;
  readonly times: RunTimes;
  readonly looks: Looks;
  tell(serverId: string, generation: number, event: SpawnEvent): void;
  saw(sighting: Sighting): void;
};
