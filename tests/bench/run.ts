import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { Row } from "./measure.ts";
import { edgePart } from "./parts/edge.ts";
import { floodsPart } from "./parts/floods.ts";
import { listsPart } from "./parts/lists.ts";
import { readyPart } from "./parts/ready.ts";
import { restartPart } from "./parts/restart.ts";
import { spawnPart } from "./parts/spawn.ts";
import { startPart } from "./parts/start.ts";
import { webSocketPart } from "./parts/websocket.ts";
import { machine, tableOf } from "./table.ts";

/**
 * `npm run bench [-- --only edge|ws|floods|ready|spawn|restart|start|lists …]`: Berth beside its ceilings, measured in the same run. It reports, it never fails: a mark that is
 * missed is named in the last lines. `--profile` leaves a CPU profile of the process under test in the folder it prints.
 */
const parts: Readonly<Record<string, (folder: string, nodeOptions: readonly string[]) => Promise<Row[]>>> = {
  edge: edgePart,
  ws: webSocketPart,
  floods: floodsPart,
  ready: readyPart,
  spawn: spawnPart,
  restart: restartPart,
  start: startPart,
  lists: listsPart,
};

const { values } = parseArgs({
  options: { only: { type: "string", multiple: true }, profile: { type: "boolean", default: false } },
});
const unknown = (values.only ?? []).filter((name) => parts[name] === undefined);
if (unknown.length > 0) {
  console.error(`There is no part ${unknown.join(", ")}; there are ${Object.keys(parts).join(", ")}.`);
  process.exit(2);
}

const folder = await mkdtemp(join(tmpdir(), "berth-bench-"));
// PostgreSQL runs as another uid when this runs as root.
await chmod(folder, 0o711);
const nodeOptions = values.profile ? ["--cpu-prof", `--cpu-prof-dir=${folder}`] : [];
const rows: Row[] = [];
const failed: string[] = [];
for (const [name, measure] of Object.entries(parts)) {
  if (values.only !== undefined && !values.only.includes(name)) continue;
  const started = performance.now();
  try {
    rows.push(...(await measure(folder, nodeOptions)));
  } catch (error) {
    console.error(error);
    failed.push(name);
  }
  console.error(`${name}: ${((performance.now() - started) / 1000).toFixed(1)} s`);
}
console.log(`${machine()}\n\n${tableOf(rows)}\n`);
for (const row of rows)
  if (row.met === false) console.log(`missed: ${row.part}: ${row.what}: ${row.value}, mark ${row.mark}`);
for (const name of failed) console.log(`not measured: ${name} (see the error above)`);
if (values.profile) console.log(`profiles: ${folder}`);
else await rm(folder, { recursive: true, force: true });
