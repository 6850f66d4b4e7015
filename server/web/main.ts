import path from "node:path";
import { readWebEnvironment } from "./environment.ts";
import { serveWeb } from "./serve.ts";

/**
 * The web role's process. `BERTH_WEB_DIR` is the folder `.next` is in; by default the one this is started from. Prints one line when
 * it serves, and ends when its parent is gone (stdin closes) or asks it to.
 */
async function main(): Promise<void> {
  const { listen, settings } = readWebEnvironment(process.env);
  const web = await serveWeb({ listen, settings, directory: path.resolve(process.env.BERTH_WEB_DIR ?? ".") });
  let ending = false;
  const end = () => {
    if (ending) return;
    ending = true;
    void web.stop().finally(() => process.exit(0));
  };
  process.once("SIGTERM", end);
  // Ctrl-C reaches the whole terminal's group; the parent says when it is this role's turn.
  process.on("SIGINT", () => {});
  if (process.env.BERTH_WEB_PARENT === "stdin") process.stdin.on("end", end).on("error", end).resume();
  process.stdout.write("web: ready\n");
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
});
