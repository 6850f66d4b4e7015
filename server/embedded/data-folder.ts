import { execFile } from "node:child_process";
import { chownSync, existsSync, readFileSync } from "node:fs";
import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import { type Account, accountOfUid } from "./account.ts";

const run = promisify(execFile);

export const databaseRole = "berth";

/** uid and gid for a child process: only root may, and has to, name them. */
export function identityOf(account: Account): { uid?: number; gid?: number } {
  return process.getuid?.() === 0 ? { uid: account.uid, gid: account.gid } : {};
}

/** It holds neither the hub's secrets nor anybody's locale. */
export const bareEnvironment: NodeJS.ProcessEnv = {
  NODE_ENV: process.env.NODE_ENV,
  PATH: process.env.PATH ?? "",
  LC_ALL: "C",
  TZ: "UTC",
};

/** Made beside its place and then renamed, so that a folder called `data` is always a whole one. */
export async function initialiseData(native: string, dataFolder: string, account: Account): Promise<void> {
  if (existsSync(path.join(dataFolder, "PG_VERSION"))) return await checkVersion(native, dataFolder);
  const partial = `${dataFolder}.partial-${process.pid}`;
  await rm(partial, { recursive: true, force: true });
  await mkdir(partial, { mode: 0o700 });
  if (process.getuid?.() === 0) chownSync(partial, account.uid, account.gid);
  // The built-in locale, because an operating system update that changes glibc's collation would corrupt indexes.
  const options = ["--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"];
  try {
    await run(
      path.join(native, "bin", "initdb"),
      ["-D", partial, "-U", databaseRole, "--auth=peer", "--no-instructions", ...options],
      { ...identityOf(account), cwd: partial, env: bareEnvironment },
    );
    await rename(partial, dataFolder);
  } catch (error) {
    await rm(partial, { recursive: true, force: true });
    // Another start was faster: its folder is as good.
    if (!existsSync(path.join(dataFolder, "PG_VERSION"))) throw error;
  }
}

async function checkVersion(native: string, dataFolder: string): Promise<void> {
  const data = readFileSync(path.join(dataFolder, "PG_VERSION"), "utf8").trim();
  const { stdout } = await run(path.join(native, "bin", "postgres"), ["--version"], { cwd: "/", env: bareEnvironment });
  const binary = /(\d+)\.\d+/.exec(stdout)?.[1];
  if (data !== binary)
    throw new Error(
      `The database in ${dataFolder} was made by PostgreSQL ${data}, and this Berth brings PostgreSQL ${binary ?? "of an unknown version"}. ` +
        "Dump it with the Berth that made it and load the dump into a new home.",
    );
}

/**
 * Who may connect: the kernel names the process at the other end of the socket ("peer"), and only our own account, the
 * database's account and root map to the role. Safer than a password file (nothing to read or leak, and none in the URL)
 * and than trust within the closed folder (a wrong mode on the folder would open everything). It needs no secret in `all`,
 * where servers run as other uids; where they run as our own uid no scheme could keep them out.
 */
export async function writeAccess(dataFolder: string, account: Account): Promise<void> {
  const own = accountOfUid(process.getuid?.() ?? 0)?.name;
  const names = new Set(["root", account.name, ...(own ? [own] : [])]);
  const quoted = [...names].map((name) => `berth "${name}" ${databaseRole}\n`).join("");
  const owner = process.getuid?.() === 0;
  for (const [name, text] of [
    ["pg_hba.conf", "local all all peer map=berth\n"],
    ["pg_ident.conf", quoted],
  ] as const) {
    const file = path.join(dataFolder, name);
    await writeFile(file, text, { mode: 0o600 });
    if (owner) chownSync(file, account.uid, account.gid);
  }
}
