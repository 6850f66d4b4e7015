import { once } from "node:events";
import { chmodSync, mkdirSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { ensureJupyter } from "#server/embedded/jupyter.ts";

/** A real JupyterLab for tests, kept between runs in a folder every account can enter. */
export async function testJupyter(report: (step: string) => void = () => undefined): Promise<string> {
  const home = process.env.BERTH_TEST_VENV ?? path.join(tmpdir(), "berth-test-venv");
  mkdirSync(home, { recursive: true });
  chmodSync(home, 0o755);
  const lock = await lockFor(home);
  try {
    return (await ensureJupyter({ home, configured: null, report })).jupyter;
  } finally {
    lock.close();
  }
}

/** Test files run side by side: one makes it, the others wait. The kernel opens an abstract socket's lock when its holder dies. */
export async function lockFor(home: string): Promise<Server> {
  for (;;) {
    const server = createServer();
    const taken = once(server, "error").then(() => false);
    const mine = once(server, "listening").then(() => true);
    server.listen(`\0berth-test-venv:${home}`);
    if (await Promise.race([mine, taken])) return server;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
