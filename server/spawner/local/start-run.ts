import type { Clock } from "#server/clock.ts";
import type { SpawnOrder, StartOutcome, StopOutcome } from "../spawner.ts";
import type { Place } from "./command.ts";
import { refusal } from "./failures.ts";
import { openHome } from "./home.ts";
import { launch, settled } from "./launch.ts";
import type { Limits } from "./limits.ts";
import { type Machine, objectionTo, planRun } from "./plan-run.ts";
import type { RunRecord, ServerFiles } from "./records.ts";
import { runtimePaths } from "./runtime-folder.ts";
import type { ServerTable } from "./server-table.ts";

export type Starting = {
  readonly table: ServerTable;
  readonly limits: Limits;
  readonly homes: string;
  readonly jupyterConfig: string;
  readonly runtimeParent: string;
  readonly machine: Machine;
  readonly jupyterCommand: string;
  readonly clock: Clock;
  readonly graceSeconds: number;
  end(record: RunRecord): Promise<StopOutcome>;
  onEnded(): void;
};

const askAgainMs = 250;

/**
 * Written down first, then started, by a supervisor that starts nothing twice (supervisor.ts). So a hub that died in
 * between, or a second one that asks at the same time, goes on with the run that is written down.
 */
export async function startRun(order: SpawnOrder, signal: AbortSignal, deps: Starting): Promise<StartOutcome> {
  const { ref } = order;
  const objection = objectionTo(order, deps.machine, hasOtherOwners(deps.table, order.owner.userId));
  if (objection !== null) return { kind: "refused", failure: objection };
  const files = deps.table.openFilesOf(ref.serverId);
  if (files.records().some(({ generation }) => generation > ref.generation)) return newerExists(ref.generation);
  if (!(await endEarlier(files, ref.generation, deps))) return retry("An earlier run of this server is still ending.");
  const opened = order.home === null ? null : openHome(deps.homes, order, order.home);
  if (opened?.kind === "refused") return opened;
  files.removeLogsBefore(ref.generation);
  const record = await writeDown(files, order, deps);
  if (record === null) return retry("Somebody else is starting this server.");
  const outcome: StartOutcome = { kind: "started", homeUid: opened?.homeUid ?? null };
  if (isWrittenDown(files, ref.generation)) return outcome;
  const home = opened?.folder ?? temporaryHomeOf(record);
  return (await begin({ files, record, order, home }, deps, signal))
    ? outcome
    : retry("Another start of this server is under way.");
}

/** What is left of older runs, of one that is being stopped, or of one that a reboot ended. */
async function endEarlier(files: ServerFiles, generation: number, deps: Starting): Promise<boolean> {
  const alive = new Set(deps.table.recordsOfThisBoot(files).map(({ attempt }) => attempt));
  for (const record of files.records()) {
    const current = record.generation === generation && record.stoppingSince === null && alive.has(record.attempt);
    if (!current && (await deps.end(record)).kind === "stopping") return false;
  }
  return true;
}

async function writeDown(files: ServerFiles, order: SpawnOrder, deps: Starting): Promise<RunRecord | null> {
  const { runtimeParent, machine, graceSeconds, clock } = deps;
  const found = files.records().find(({ generation }) => generation === order.ref.generation);
  if (found !== undefined) return found.stoppingSince === null ? found : null;
  const planned = await planRun(order, { runtimeParent, isRoot: machine.isRoot, now: clock.now(), graceSeconds });
  const record = { ...planned, cgroups: [...deps.limits.foldersFor(planned.attempt.slice(0, 8))] };
  return files.create(record) ? record : null;
}

type Run = {
  readonly files: ServerFiles;
  readonly record: RunRecord;
  readonly order: SpawnOrder;
  readonly home: string;
};

async function begin({ files, record, order, home }: Run, deps: Starting, signal: AbortSignal): Promise<boolean> {
  const place: Place = {
    home,
    target: record.target,
    runtime: runtimePaths(record.runtimeFolder),
    jupyterCommand: deps.jupyterCommand,
    jupyterConfig: deps.jupyterConfig,
    attempt: record.attempt,
  };
  const child = launch({ files, record, order, place, limits: deps.limits });
  child.once("exit", () => deps.onEnded());
  const written = () => isWrittenDown(files, record.generation);
  return (await settled(child, written, deps.clock, signal)) === "running" || written();
}

function isWrittenDown(files: ServerFiles, generation: number): boolean {
  return (files.readText("run", generation) ?? "") !== "";
}

function temporaryHomeOf(record: RunRecord): string {
  return record.temporaryHome ?? runtimePaths(record.runtimeFolder).temporaryHome;
}

function hasOtherOwners(table: ServerTable, ownerId: string): boolean {
  return table.all().some(({ facts }) => facts.record.ownerId !== ownerId);
}

function retry(because: string): StartOutcome {
  return { kind: "retry", afterMs: askAgainMs, because };
}

function newerExists(generation: number): StartOutcome {
  return {
    kind: "refused",
    failure: refusal(
      "conflict",
      "A newer start of this server exists already.",
      `generation ${generation} was asked for, and a newer one is written down`,
    ),
  };
}
