import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { systemClock } from "#server/clock.ts";
import { freePort } from "#server/spawner/local/free-port.ts";
import { install } from "../installation.ts";
import { atMost, median, memoryBytes, type Row } from "../measure.ts";

const starts = 3;
/** As long as it takes until nothing of the start is under way any more. */
const idleSeconds = 20;

/** `berth serve` with everything built and the database warm: until it serves, and what it then keeps in memory. */
export async function startPart(folder: string, nodeOptions: readonly string[]): Promise<Row[]> {
  const berth = await install(folder, await freePort(), { spawner: { jupyter: "/bin/true" } });
  if (!existsSync(path.join(folder, ".next", "standalone", "web.mjs")))
    throw new Error("the web app isn't built: run `npm run build` first");
  try {
    const seconds: number[] = [];
    let memory = Number.NaN;
    for (let round = 0; round <= starts; round++) {
      const all = await berth.start("all", nodeOptions);
      // The first start makes tables, keys and the web app's own copy.
      if (round > 0) seconds.push((performance.now() - all.startedMs) / 1000);
      if (round === starts) {
        await systemClock.sleep(idleSeconds * 1000);
        memory = [all.pid, ...childrenOf(all.pid)].reduce((sum, pid) => sum + memoryBytes(pid), 0);
      }
      await all.stop();
    }
    return [
      atMost("start", "warm start to serving", median(seconds), " s", 5),
      atMost("start", "idle memory of `all` without PostgreSQL", memory / 2 ** 20, " MiB", 450),
    ];
  } finally {
    await berth.close();
  }
}

/** What this process started and still runs, in whatever generation; PostgreSQL was started by the benchmark itself. */
function childrenOf(pid: number): number[] {
  const children = readdirSync(`/proc/${pid}/task`).flatMap((thread) =>
    readFileSync(`/proc/${pid}/task/${thread}/children`, "utf8").trim().split(" ").filter(Boolean).map(Number),
  );
  return children.flatMap((child) => [child, ...childrenOf(child)]);
}
