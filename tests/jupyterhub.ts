import { execFile } from "node:child_process";
import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { findPython } from "#server/embedded/python.ts";
import { lockFor } from "./jupyter.ts";

const run = promisify(execFile);

/** What z2jh's images and its hub bring, unchanged. */
const packages = ["jupyterlab>=4.4,<5", "ipykernel>=6.29,<8", "jupyterhub>=5.5,<6", "jupyterhub-idle-culler==1.4.0"];
const newerCuller = "jupyterhub-idle-culler>=2,<3";

export type Jupyterhub = {
  /** `jupyter`, with jupyterhub-singleuser beside it. */
  readonly jupyter: string;
  readonly python: string;
  /** PYTHONPATH of the idle culler 2; without it python finds 1.4, which z2jh pins. */
  readonly newerCuller: string;
};

/** JupyterHub's own programs for tests, kept between runs in a folder every account can enter. */
export async function testJupyterhub(): Promise<Jupyterhub> {
  const home = process.env.BERTH_TEST_JUPYTERHUB ?? path.join(tmpdir(), "berth-test-jupyterhub");
  mkdirSync(home, { recursive: true, mode: 0o755 });
  const python = path.join(home, "venv", "bin", "python3");
  const made: Jupyterhub = {
    jupyter: path.join(home, "venv", "bin", "jupyter"),
    python,
    newerCuller: path.join(home, "culler-2"),
  };
  const lock = await lockFor(home);
  try {
    if (existsSync(path.join(home, "whole"))) return made;
    rmSync(path.join(home, "venv"), { recursive: true, force: true });
    rmSync(made.newerCuller, { recursive: true, force: true });
    const pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input"];
    await run("/bin/sh", [
      "-c",
      'umask 022; exec "$@"',
      "sh",
      findPython(undefined),
      "-m",
      "venv",
      path.join(home, "venv"),
    ]);
    await run("/bin/sh", ["-c", 'umask 022; exec "$@"', "sh", python, ...pip, ...packages]);
    await run(python, [...pip, "--no-deps", "--target", made.newerCuller, newerCuller]);
    writeFileSync(path.join(home, "whole"), "");
    return made;
  } finally {
    lock.close();
  }
}
