import { execFile } from "node:child_process";
import { accessSync, constants, existsSync, realpathSync } from "node:fs";
import path from "node:path";
import { promisify } from "node:util";
import { closedParent } from "./account.ts";

const run = promisify(execFile);

/** Any account that isn't one of this machine's own: servers run under such. */
const someUser = { name: "a user", uid: 200_000, gid: 200_000 };

/**
 * The Python that JupyterLab gets. As root it must be one that other accounts can run: the system's is, one below /root
 * (pyenv) isn't, and a virtual environment only points at it.
 */
export function findPython(wanted: string | undefined, searchPath = process.env.PATH ?? ""): string {
  const folders = searchPath.split(path.delimiter).filter((folder) => path.isAbsolute(folder));
  const inPath = folders.map((folder) => path.join(folder, "python3"));
  const isRoot = process.getuid?.() === 0;
  const candidates = wanted !== undefined ? [wanted] : isRoot ? ["/usr/bin/python3", ...inPath] : inPath;
  const usable = candidates.find((candidate) => isExecutable(candidate) && (!isRoot || isOpenToAll(candidate)));
  if (usable !== undefined) return usable;
  const closed = candidates.find((candidate) => existsSync(candidate));
  throw new Error(
    closed === undefined
      ? 'Python 3 is missing: run "apt install python3 python3-venv".'
      : `Servers run under accounts of their own, which can't run ${closed}: run "apt install python3 python3-venv".`,
  );
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

export function isOpenToAll(file: string): boolean {
  return closedParent(realpathSync(file), someUser) === undefined;
}

/** Debian and Ubuntu leave ensurepip out of their Python, and `python3 -m venv` fails without it. */
export async function requireVenv(python: string): Promise<void> {
  try {
    await run(python, ["-c", "import venv, ensurepip"]);
  } catch (cause) {
    throw new Error(`${python} can't make virtual environments: run "apt install python3-venv".`, { cause });
  }
}
