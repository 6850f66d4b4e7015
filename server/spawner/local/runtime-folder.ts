import { chownSync, lstatSync, mkdirSync } from "node:fs";
import path from "node:path";
import { HubError } from "#server/errors.ts";

/** sun_path is 108 bytes with its closing NUL (unix(7)). */
const longestSocketPathBytes = 107;

/** What Jupyter's kernels add to the folder: `kernel-<uuid>-ipc-<n>` (jupyter_client, ConnectionFileMixin.ip). */
const longestNameBytes = "/kernel-01234567-89ab-cdef-0123-456789abcdef-ipc-99".length;

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
  if (process.getuid?.() === 0) return "/run";
  return process.env.XDG_RUNTIME_DIR ?? "/tmp";
}

/** Others may pass through it to their own folder, and see or make nothing in it. */
export function openRuntimeParent(parent: string): void {
  mkdirSync(parent, { recursive: true, mode: 0o711 });
  const stats = lstatSync(parent);
  // Somebody may have guessed the name in a folder everybody can write.
  if (!stats.isDirectory() || stats.uid !== process.getuid?.() || (stats.mode & 0o022) !== 0)
    throw new HubError("unavailable", `${parent} must be a folder that only the account of Berth can write. Remove it, then start again.`);
}

/** A run's own folder for its sockets and secrets, which no other account can enter. */
export function openRuntimeFolder(parent: string, attempt: string, uid: number | null): string {
  const folder = path.join(parent, attempt.slice(0, 8));
  mkdirSync(folder, { mode: 0o700 });
  if (uid !== null) chownSync(folder, uid, uid);
  return folder;
}
