import { chmodSync, chownSync, lstatSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import path from "node:path";
import type { Account } from "./account.ts";

/** sun_path is 108 bytes with its closing NUL (unix(7)); PostgreSQL adds this name to the folder. */
const longestSocketPathBytes = 107;
const socketName = ".s.PGSQL.5432";
const shortPrefix = "berth-sql-";

export function fitsSocket(folder: string): boolean {
  return Buffer.byteLength(path.join(folder, socketName)) <= longestSocketPathBytes;
}

/** Made by us earlier, not by somebody who guessed the name: a real folder, the account's, closed to all others. */
function isOurs(folder: string, account: Account): boolean {
  const stats = lstatSync(folder, { throwIfNoEntry: false });
  return stats?.isDirectory() === true && stats.uid === account.uid && (stats.mode & 0o077) === 0;
}

function isShort(folder: string): boolean {
  return path.basename(folder).startsWith(shortPrefix);
}

/**
 * The folder for the database's socket: beside the data, or, when that path is too long for a socket, a short one.
 * `earlier` is what a postmaster that died without cleaning up had used.
 */
export function openSocketFolder(directory: string, account: Account, earlier: string | undefined): string {
  const beside = path.join(directory, "socket");
  if (fitsSocket(beside)) {
    mkdirSync(beside, { recursive: true, mode: 0o700 });
    chmodSync(beside, 0o700);
    if (process.getuid?.() === 0) chownSync(beside, account.uid, account.gid);
    return beside;
  }
  if (earlier && isShort(earlier) && isOurs(earlier, account)) return earlier;
  const folder = mkdtempSync(path.join(process.getuid?.() === 0 ? "/run" : "/tmp", shortPrefix));
  if (process.getuid?.() === 0) chownSync(folder, account.uid, account.gid);
  return folder;
}

/** Only a short folder has to go: it lies outside the home. */
export function closeSocketFolder(folder: string): void {
  if (isShort(folder)) rmSync(folder, { recursive: true, force: true });
}
