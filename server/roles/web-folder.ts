import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
} from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

/**
 * The built web app, complete in one folder (`.next/standalone`). When it runs as another uid it is copied into the home once
 * a build: that uid may not be able to enter the checkout, /root for one.
 */
export function webFolderFor(home: string, forOtherUid: boolean): string {
  const built = builtFolder();
  if (!forOtherUid) return built;
  const buildId = readFileSync(path.join(built, ".next", "BUILD_ID"), "utf8").trim();
  const all = path.join(home, "web");
  const folder = path.join(all, buildId);
  if (existsSync(folder)) return folder;
  mkdirSync(all, { recursive: true, mode: 0o755 });
  chmodSync(all, 0o755);
  for (const old of readdirSync(all)) rmSync(path.join(all, old), { recursive: true, force: true });
  const aside = path.join(all, `.${buildId}.new`);
  cpSync(built, aside, { recursive: true, dereference: true });
  openToAll(aside);
  renameSync(aside, folder);
  return folder;
}

/** A checkout made under a strict umask is for its owner alone, and so is a copy of it. */
function openToAll(folder: string): void {
  chmodSync(folder, 0o755);
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const file = path.join(folder, entry.name);
    if (entry.isDirectory()) openToAll(file);
    else if (entry.isFile()) chmodSync(file, statSync(file).mode | 0o444);
  }
}

function builtFolder(): string {
  const here = path.dirname(fileURLToPath(import.meta.url));
  // From dist/berth.mjs and from server/roles/ alike.
  for (const root of [path.resolve(here, ".."), path.resolve(here, "../..")]) {
    const folder = path.join(root, ".next", "standalone");
    if (existsSync(path.join(folder, "web.mjs"))) return folder;
  }
  throw new Error("The web app isn't built. Start Berth with `npm start`, or build it with `npm run build`.");
}
