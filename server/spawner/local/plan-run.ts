import { createHash, randomBytes } from "node:crypto";
import path from "node:path";
import type { SpawnFailure, SpawnOrder, Target } from "../spawner.ts";
import { refusal } from "./failures.ts";
import { freePort } from "./free-port.ts";
import { bootId } from "./processes.ts";
import type { RunRecord } from "./records.ts";
import { runtimePaths } from "./runtime-folder.ts";

/** As root every user has an account number of their own; else all run as we do. */
export type Machine = { readonly isRoot: boolean; readonly trustedUsers: boolean };

/** Why this machine must not run what is asked, or null. */
export function objectionTo(order: SpawnOrder, machine: Machine, otherOwners: boolean): SpawnFailure | null {
  const { uid, name } = order.owner;
  if (machine.isRoot && (uid === null || uid <= 0))
    return refusal(
      "rejected",
      "Your account can't run servers on this machine yet.",
      `user ${name} has no system account number`,
    );
  if (!machine.isRoot && otherOwners && !machine.trustedUsers)
    return refusal(
      "rejected",
      "This portal runs without root, so it serves one user at a time, and somebody else's server runs now.",
      "run Berth as root, or set hub.trustedUsers: true where all users trust each other",
    );
  if (machine.isRoot && !machine.trustedUsers && isOpenToAll(order))
    return refusal(
      "rejected",
      "This program can't be kept closed to the other users of this machine, so it was not started.",
      "it listens on a loopback port and takes no secret; use a socket (listenArgs.unix), or set hub.trustedUsers: true",
    );
  return null;
}

/** Any account may connect to a loopback port; only an app that asks for its secret turns them away. */
function isOpenToAll({ spec: { app } }: SpawnOrder): boolean {
  return !app.unixSocket && app.secretVariable === null && app.auth === "edge";
}

export async function planRun(
  order: SpawnOrder,
  settings: {
    readonly runtimeParent: string;
    readonly isRoot: boolean;
    readonly now: Date;
    readonly graceSeconds: number;
  },
): Promise<RunRecord> {
  const { ref, spec, owner } = order;
  const attempt = randomBytes(16).toString("hex");
  const runtimeFolder = path.join(settings.runtimeParent, attempt.slice(0, 8));
  return {
    attempt,
    serverId: ref.serverId,
    generation: ref.generation,
    namespace: ref.namespace,
    objectName: ref.objectName,
    ownerId: owner.userId,
    bootId: bootId(),
    uid: settings.isRoot ? owner.uid : null,
    secretHash: createHash("sha256").update(order.secret).digest("hex"),
    target: await targetFor(spec.app.unixSocket, runtimeFolder),
    askedAt: settings.now,
    graceSeconds: settings.graceSeconds,
    memoryLimitBytes: spec.memory.limitBytes,
    cgroups: [],
    runtimeFolder,
    temporaryHome: order.home === null ? runtimePaths(runtimeFolder).temporaryHome : null,
    stoppingSince: null,
  };
}

async function targetFor(unixSocket: boolean, runtimeFolder: string): Promise<Target> {
  if (unixSocket) return { kind: "unix", path: runtimePaths(runtimeFolder).socket };
  return { kind: "tcp", host: "127.0.0.1", port: await freePort() };
}
