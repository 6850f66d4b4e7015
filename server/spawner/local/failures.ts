import { constants } from "node:os";
import type { SpawnFailure, SpawnFailureReason } from "../spawner.ts";

/** Binary units, as profiles say them: `512 MiB`. */
export function sayBytes(bytes: number): string {
  const units = ["bytes", "KiB", "MiB", "GiB", "TiB"];
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${Number(value.toFixed(1))} ${units[unit]}`;
}

export function outOfMemory(limitBytes: number, exitStatus: number | null): SpawnFailure {
  const limit = sayBytes(limitBytes);
  return {
    reason: "out-of-memory",
    publicMessage: `Your server ran out of memory: its limit is ${limit}. Files you saved are still there. Start it again with more memory, or work on less data at once.`,
    detail: `the processes of this server needed more than ${limit} of memory and were ended`,
    exitCode: exitStatus ?? undefined,
  };
}

/** POSIX shells say 126 and 127 for a command that can't be run or found, and 128 plus the signal that ended it. */
export function crashed(exitStatus: number): SpawnFailure {
  if (exitStatus === 126 || exitStatus === 127)
    return {
      reason: "command",
      publicMessage: "The program of this server could not be run on this machine.",
      detail:
        exitStatus === 127 ? "its command was not found (exit status 127)" : "it can't be executed (exit status 126)",
      exitCode: exitStatus,
    };
  if (exitStatus > 128)
    return {
      reason: "crashed",
      publicMessage: `Your server was ended from outside (${signalName(exitStatus - 128)}).`,
      detail: `the main process was ended by ${signalName(exitStatus - 128)}`,
      exitCode: exitStatus,
    };
  return {
    reason: "crashed",
    publicMessage:
      exitStatus === 0
        ? "Your server's program came to its end by itself."
        : `Your server's program stopped with exit code ${exitStatus}.`,
    detail: `the main process ended with exit code ${exitStatus}`,
    exitCode: exitStatus,
  };
}

export function vanished(): SpawnFailure {
  return {
    reason: "gone",
    publicMessage: "Your server stopped without saying why. You can start it again.",
    detail: "its supervising process is gone and left no exit status",
  };
}

export function refusal(reason: SpawnFailureReason, publicMessage: string, detail: string): SpawnFailure {
  return { reason, publicMessage, detail };
}

function signalName(number: number): string {
  return Object.entries(constants.signals).find(([, value]) => value === number)?.[0] ?? `signal ${number}`;
}
