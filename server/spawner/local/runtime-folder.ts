import { execFileSync } from "node:child_process";
import { chmodSync, chownSync, lstatSync, mkdirSync, renameSync, writeFileSync } from "node:fs";
import path from "node:path";
import { HubError } from "#server/errors.ts";

/** sun_path is 108 bytes with its closing NUL (unix(7)). */
const longestSocketPathBytes = 107;

/** What comes behind a run's folder: Jupyter's kernels make `kernel-<uuid>-ipc-<n>` (jupyter_client, ConnectionFileMixin.ip). */
const longestNameBytes = "/s/kernel-01234567-89ab-cdef-0123-456789abcdef-ipc-99".length;

export function fitsSockets(folder: string): boolean {
  return Buffer.byteLength(folder) + longestNameBytes <= longestSocketPathBytes;
}

/** Below the home where the path stays short enough for sockets, else in a short folder that is ours alone. */
export function runtimeParent(home: string, installationId: string, temporary = shortParent()): string {
  const below = path.join(home, "run", "s");
  if (fitsSockets(path.join(below, "01234567"))) return below;
  return path.join(temporary, `berth-${installationId.slice(0, 8)}`);
}

function shortParent(): string {
  // Not XDG_RUNTIME_DIR: it goes when its owner logs out, and servers stay.
  return process.getuid?.() === 0 ? "/run" : "/tmp";
}

/** Others may pass through it to their own folder, and see or make nothing in it. */
export function openRuntimeParent(parent: string): void {
  mkdirSync(parent, { recursive: true, mode: 0o711 });
  const stats = lstatSync(parent);
  // Somebody may have guessed the name in a folder everybody can write.
  if (!stats.isDirectory() || stats.uid !== process.getuid?.())
    throw new HubError("unavailable", `${parent} belongs to another account. Remove it, then start Berth again.`);
  chmodSync(parent, 0o711);
}

/**
 * A run's folder. What the hub gives the server lies in it, readable and no more; the server's own things lie in `s`,
 * closed to all other accounts. The hub, which may be root, never writes where a user could have put a link.
 */
export type RuntimePaths = {
  readonly folder: string;
  readonly own: string;
  readonly environment: string;
  readonly secret: string;
  readonly temporaryHome: string;
  /** Where the app listens. */
  readonly listensAt: string;
  /** The same socket under a name its user can't change. */
  readonly socket: string;
};

export function runtimePaths(folder: string): RuntimePaths {
  const own = path.join(folder, "s");
  return {
    folder,
    own,
    environment: path.join(folder, "environment"),
    secret: path.join(folder, "secret"),
    temporaryHome: path.join(own, "home"),
    listensAt: path.join(own, "socket"),
    socket: path.join(folder, "socket"),
  };
}

export function openRuntimeFolder(
  { folder, own, environment, secret }: RuntimePaths,
  uid: number | null,
  given: { readonly environment: string; readonly secret: string },
): void {
  mkdirSync(folder, { recursive: true, mode: 0o750 });
  if (uid !== null) chownSync(folder, 0, uid);
  mkdirSync(own, { recursive: true, mode: 0o700 });
  if (uid !== null) chownSync(own, uid, uid);
  for (const [file, content] of [
    [environment, given.environment],
    [secret, given.secret],
  ] as const) {
    // Renamed into place, because another hub may be starting the same run and its shell may be reading.
    const partial = `${file}.${process.pid}`;
    writeFileSync(partial, content, { mode: 0o440 });
    if (uid !== null) chownSync(partial, 0, uid);
    renameSync(partial, file);
  }
}

/** rm(1) walks by file descriptors: a link that its user slips in meanwhile leads nowhere. */
export function removeRuntimeFolder(folder: string): void {
  execFileSync("rm", ["-rf", "--", folder], { stdio: "ignore" });
}
