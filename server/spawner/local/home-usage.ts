import { constants, type Stats } from "node:fs";
import { type FileHandle, lstat, open, opendir } from "node:fs/promises";
import path from "node:path";
import type { Clock } from "#server/clock.ts";
import type { KeptHome } from "../spawner.ts";
import { folderNameFor, readIdentity } from "./home.ts";
import { isCode } from "./records.ts";

/** What one look may cost: it leaves the disk to others between every few files, and gives up on a home that has no end. */
const entriesAtOnce = 250;
const pauseMs = 20;
const mostEntries = 1_000_000;
/** A folder is held open for each. */
const mostDepth = 200;
const bytesPerBlock = 512;

type Walk = {
  readonly device: number;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Files of several names, which take their blocks once. */
  readonly linked: Set<number>;
  entries: number;
  bytes: number;
};

/** What a home's files take on its disk. Null where that can't be told: not this home's folder, closed to the hub, or without end. */
export async function homeFolderUsage(
  homes: string,
  home: KeptHome,
  { clock, signal }: { readonly clock: Clock; readonly signal: AbortSignal },
): Promise<number | null> {
  const name = folderNameFor(home.name);
  try {
    if (readIdentity(path.join(homes, ".ids", name))?.trim() !== home.homeId) return null;
    return await withFolder(path.join(homes, name), async (folder, stats) => {
      const walk: Walk = { device: stats.dev, clock, signal, linked: new Set(), entries: 0, bytes: blocks(stats) };
      return (await addFolder(walk, folder, 0)) ? walk.bytes : null;
    });
  } catch (error) {
    if (["ENOENT", "ENOTDIR", "ELOOP", "EACCES", "EPERM"].some((code) => isCode(error, code))) return null;
    throw error;
  }
}

/**
 * Below an open folder, and by it: whoever owns these files may put a link in the place of a folder while they are looked at, and as root
 * one would be led anywhere. Whether all of it was seen.
 */
async function addFolder(walk: Walk, folder: FileHandle, depth: number): Promise<boolean> {
  if (depth > mostDepth) return false;
  const below = `/proc/self/fd/${folder.fd}`;
  // Names are bytes, and latin1 keeps each as it is.
  for await (const { name } of await opendir(below, { encoding: "latin1" })) {
    if (++walk.entries > mostEntries) return false;
    if (walk.entries % entriesAtOnce === 0) await walk.clock.sleep(pauseMs, walk.signal);
    const entry = Buffer.from(`${below}/${name}`, "latin1");
    const seen = await unlessGone(() => addEntry(walk, entry, depth));
    if (seen === false) return false;
  }
  return true;
}

async function addEntry(walk: Walk, entry: Buffer, depth: number): Promise<boolean> {
  const stats = await lstat(entry);
  if (stats.dev !== walk.device) return true;
  if (!stats.isDirectory()) {
    if (stats.nlink > 1 && walk.linked.has(stats.ino)) return true;
    if (stats.nlink > 1) walk.linked.add(stats.ino);
    walk.bytes += blocks(stats);
    return true;
  }
  return await withFolder(entry, async (folder, opened) => {
    if (opened.dev !== walk.device) return true;
    walk.bytes += blocks(opened);
    return await addFolder(walk, folder, depth + 1);
  });
}

async function withFolder<T>(at: string | Buffer, use: (folder: FileHandle, stats: Stats) => Promise<T>): Promise<T> {
  const folder = await open(at, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
  try {
    return await use(folder, await folder.stat());
  } finally {
    await folder.close();
  }
}

/** People go on working meanwhile: what went, or became something else, is no longer theirs to count. */
async function unlessGone<T>(look: () => Promise<T>): Promise<T | undefined> {
  try {
    return await look();
  } catch (error) {
    if (["ENOENT", "ENOTDIR", "ELOOP"].some((code) => isCode(error, code))) return undefined;
    throw error;
  }
}

function blocks(stats: Stats): number {
  return stats.blocks * bytesPerBlock;
}
