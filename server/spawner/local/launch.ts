import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, constants, openSync, writeFileSync } from "node:fs";
import path from "node:path";
import type { Clock } from "#server/clock.ts";
import { HubError } from "#server/errors.ts";
import type { SpawnOrder } from "../spawner.ts";
import { markerVariable } from "./adopt.ts";
import { commandFor, directoryFor, environmentFor, type Place } from "./command.ts";
import type { Limits } from "./limits.ts";
import { bareEnvironment } from "./processes.ts";
import type { RunRecord, ServerFiles } from "./records.ts";
import { openRuntimeFolder } from "./runtime-folder.ts";
import { entranceScript, supervisorArguments } from "./supervisor.ts";

type Launch = {
  readonly files: ServerFiles;
  readonly record: RunRecord;
  readonly order: SpawnOrder;
  readonly place: Place;
  readonly limits: Limits;
};

/** Programs of util-linux, which Debian and Ubuntu call essential. */
export const neededPrograms = ["flock", "setpriv", "prlimit", "env"] as const;

const safePath = "/usr/sbin:/usr/bin:/sbin:/bin";

/**
 * Starts the run's supervisor in a session of its own. Nobody waits for it: it outlives this process, and writes down
 * what became of it. With the hub's environment the server gets nothing, not even through the shell.
 */
export function launch({ files, record, order, place, limits }: Launch): ChildProcess {
  const entrance = entranceScript(environmentFor(order, place), directoryFor(order.spec, place.home));
  openRuntimeFolder(place.runtime, record.uid, { environment: entrance, secret: order.secret });
  limits.prepare(record.cgroups, order.spec);
  writeFileSync(path.join(files.folder, "lock"), "", { flag: "a", mode: 0o600 });
  const { O_APPEND, O_CREAT, O_WRONLY, O_NOFOLLOW } = constants;
  const log = openSync(files.path("log", record.generation), O_APPEND | O_CREAT | O_WRONLY | O_NOFOLLOW, 0o600);
  try {
    const child = spawn(
      "/bin/sh",
      supervisorArguments({
        folder: files.folder,
        generation: record.generation,
        attempt: record.attempt,
        cgroups: record.cgroups,
        wrapper: [...limits.wrapper(order.spec, record.uid), ...accountWrapper(record.uid)],
        environmentFile: place.runtime.environment,
        command: commandFor(order, place),
      }),
      {
        detached: true,
        stdio: ["ignore", log, log],
        cwd: "/",
        env: bareEnvironment({ PATH: safePath, LANG: "C.UTF-8", [markerVariable]: record.attempt }),
      },
    );
    child.unref();
    return child;
  } finally {
    closeSync(log);
  }
}

/** The user's own account and group, none of root's other groups, and no way back through a set-uid program. */
function accountWrapper(uid: number | null): string[] {
  const account = uid === null ? [] : [`--reuid=${uid}`, `--regid=${uid}`, "--clear-groups", "--inh-caps=-all"];
  return ["setpriv", ...account, "--no-new-privs", "--"];
}

/** What became of a launch: the run is written down, or its supervisor ended without starting anything. */
export async function settled(
  child: ChildProcess,
  isWrittenDown: () => boolean,
  clock: Clock,
  signal: AbortSignal,
): Promise<"running" | "refused"> {
  let ended = false;
  let failure: Error | null = null;
  child.once("exit", () => {
    ended = true;
  });
  child.once("error", (error) => {
    failure = error;
  });
  for (;;) {
    if (failure !== null)
      throw new HubError("unavailable", "This machine could not start a process.", { cause: failure });
    if (isWrittenDown()) return "running";
    if (ended) return "refused";
    await clock.sleep(5, signal);
  }
}
