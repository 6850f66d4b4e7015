import { linkSync, lstatSync, readFileSync, renameSync, rmSync } from "node:fs";
import { isCode, type RunRecord } from "./records.ts";
import { runtimePaths } from "./runtime-folder.ts";

/** Whether the server listens where it should, and as the account it should. */
export type Listening = "yes" | "not-yet" | "foreign";

/**
 * A user may replace the socket in their folder, by a link to the database's or Docker's too, and an edge that is root
 * would connect. So the hub connects to a hard link to that very socket, in a folder the user can't write, once it has
 * seen that it is a socket and the user's.
 */
export function lookAtSocket(record: RunRecord): Listening {
  const { listensAt, socket } = runtimePaths(record.runtimeFolder);
  const offered = lstatSync(listensAt, { throwIfNoEntry: false });
  const taken = lstatSync(socket, { throwIfNoEntry: false });
  if (offered === undefined) return taken === undefined ? "not-yet" : "yes";
  if (taken !== undefined && taken.ino === offered.ino && taken.dev === offered.dev) return "yes";
  const partial = `${socket}.${process.pid}`;
  rmSync(partial, { force: true });
  try {
    linkSync(listensAt, partial);
  } catch (error) {
    if (isCode(error, "ENOENT") || isCode(error, "EPERM")) return "not-yet";
    throw error;
  }
  const linked = lstatSync(partial);
  if (!linked.isSocket() || linked.uid !== (record.uid ?? process.getuid?.())) {
    rmSync(partial, { force: true });
    return "foreign";
  }
  renameSync(partial, socket);
  return "yes";
}

/** A port that was free may have been taken by another account before the server got it. */
export function lookAtPort(port: number, uid: number | null): Listening {
  const owner = ["/proc/net/tcp", "/proc/net/tcp6"].map((file) => listenerUid(readFileSync(file, "utf8"), port));
  const owners = owner.filter((one) => one !== null);
  if (owners.length === 0) return "not-yet";
  return owners.every((one) => one === (uid ?? process.getuid?.())) ? "yes" : "foreign";
}

const listenState = "0A";

/** proc_pid_net(5): `sl local_address rem_address st tx:rx tr:when retrnsmt uid …`, the port in hexadecimal. */
export function listenerUid(table: string, port: number): number | null {
  for (const line of table.split("\n").slice(1)) {
    const [, local, , state, , , , uid] = line.trim().split(/\s+/);
    if (state === listenState && Number.parseInt(local?.split(":")[1] ?? "", 16) === port) return Number(uid);
  }
  return null;
}
