import { createHash } from "node:crypto";
import { chownSync, lstatSync, mkdirSync, readdirSync, readFileSync, type Stats, writeFileSync } from "node:fs";
import path from "node:path";
import { closedParent } from "#server/embedded/account.ts";
import type { SpawnFailure, SpawnOrder } from "../spawner.ts";
import { refusal } from "./failures.ts";
import { isCode } from "./records.ts";

export type HomeOutcome =
  | { readonly kind: "home"; readonly folder: string; readonly homeUid: string }
  | { readonly kind: "refused"; readonly failure: SpawnFailure };

/** One plain name for a folder: as it is where that is safe everywhere, else recognisable and with a hash that keeps it unique. */
export function folderNameFor(name: string): string {
  if (/^[a-z0-9]([a-z0-9.-]{0,60}[a-z0-9])?$/.test(name) && !/---[0-9a-f]{8}$/.test(name)) return name;
  const readable =
    name
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, "-")
      .replace(/^-+|-+$/g, "")
      .slice(0, 40) || "home";
  return `${readable}---${createHash("sha256").update(name).digest("hex").slice(0, 8)}`;
}

/**
 * The home's folder, made the first time, closed to all other accounts. Which home a folder is stands beside it, in a
 * file its user can't write: a new user who got an old name doesn't get the old files.
 */
export function openHome(homes: string, order: SpawnOrder, home: NonNullable<SpawnOrder["home"]>): HomeOutcome {
  const name = folderNameFor(home.name);
  const folder = path.join(homes, name);
  const idFile = path.join(homes, ".ids", name);
  mkdirSync(path.dirname(idFile), { recursive: true, mode: 0o700 });
  const found = lstatSync(folder, { throwIfNoEntry: false });
  const recorded = readIdentity(idFile);
  if (found === undefined && home.usedBefore) return { kind: "refused", failure: lost(home.name, folder) };
  if (found !== undefined) {
    const objection = objectionTo(found, { folder, recorded, homeId: home.homeId, uid: order.owner.uid });
    if (objection !== null) return { kind: "refused", failure: refusal("storage", ...objection) };
  }
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  if (order.owner.uid !== null) chownSync(folder, order.owner.uid, order.owner.uid);
  if (recorded === null) writeFileSync(idFile, home.homeId, { mode: 0o600 });
  return { kind: "home", folder, homeUid: home.homeId };
}

type Expected = { folder: string; recorded: string | null; homeId: string; uid: number | null };

function objectionTo(found: Stats, { folder, recorded, homeId, uid }: Expected): [string, string] | null {
  if (!found.isDirectory())
    return ["Your home can't be opened. Ask whoever runs this portal.", `${folder} is not a folder`];
  if (recorded !== null && recorded !== homeId)
    return [
      "The home of this name belongs to an earlier user. Ask whoever runs this portal to move it away.",
      `${folder} is home ${recorded}, and home ${homeId} was asked for`,
    ];
  // A hub may have died between making the folder and giving it away: then it is empty.
  if (uid !== null && found.uid !== uid && !(found.uid === 0 && readdirSync(folder).length === 0))
    return [
      "Your home belongs to another account of this machine. Ask whoever runs this portal.",
      `${folder} belongs to uid ${found.uid}; run: chown -R ${uid}:${uid} ${folder}`,
    ];
  return null;
}

function lost(name: string, folder: string): SpawnFailure {
  return refusal(
    "storage-missing",
    `Your home “${name}” is missing. Nothing was started, so that no empty home takes its place. Ask whoever runs this portal.`,
    `${folder} does not exist, but was used before`,
  );
}

export function readIdentity(file: string): string | null {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    if (isCode(error, "ENOENT")) return null;
    throw error;
  }
}

/** Any account that isn't one of this machine's own. */
const someUid = 200_000;

/** One sentence when users' processes, which run under accounts of their own, could not reach their homes below this folder. */
export function checkHomeEnterable(home: string): string | null {
  if (process.getuid?.() !== 0) return null;
  const closed = closedParent(path.join(home, "homes"), { name: "a user", uid: someUid, gid: someUid });
  if (closed === undefined) return null;
  return `Servers run under accounts of their own, which can't enter ${closed}: run "chmod o+x ${closed}", or choose another home with --home.`;
}
