import { lstatSync, readFileSync } from "node:fs";
import { rename, rm } from "node:fs/promises";
import path from "node:path";
import type { KeptHome, RemoveOutcome } from "../spawner.ts";
import { folderNameFor } from "./home.ts";
import { isCode } from "./records.ts";

/**
 * Removes a home's folder for good, when the file beside it says that it is this home's. It gets another name first: half removed it must
 * never be found as a home.
 */
export async function removeHomeFolder(homes: string, home: KeptHome): Promise<RemoveOutcome> {
  const name = folderNameFor(home.name);
  const idFile = path.join(homes, ".ids", name);
  const going = path.join(homes, `.removed-${home.homeId}`);
  if (identityIn(idFile) === home.homeId) {
    const folder = path.join(homes, name);
    if (lstatSync(folder, { throwIfNoEntry: false }) !== undefined) await rename(folder, going);
    await rm(idFile, { force: true });
  }
  await rm(going, { recursive: true, force: true });
  return "gone";
}

function identityIn(file: string): string | null {
  try {
    return readFileSync(file, "utf8").trim();
  } catch (error) {
    if (isCode(error, "ENOENT")) return null;
    throw error;
  }
}
