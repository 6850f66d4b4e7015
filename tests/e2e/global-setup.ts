import { execFileSync } from "node:child_process";
import path from "node:path";
import { testJupyter } from "#tests/jupyter.ts";

/** What every spec needs once: the built server and web app, and a JupyterLab. */
export default async function setUp(): Promise<void> {
  const root = path.resolve(import.meta.dirname, "../..");
  execFileSync(process.execPath, [path.join(root, "server", "cli", "launch.mjs"), "build"], {
    cwd: root,
    stdio: "inherit",
  });
  await testJupyter((step) => process.stderr.write(`- ${step}\n`));
}
