import childProcess from "node:child_process";
import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import pino from "pino";
import { systemClock } from "#server/clock.ts";

/**
 * A hub that starts or stops one server and is killed (SIGKILL, by itself) right before its Nth change of the world:
 * `dying-hub.ts N < {home, installationId, limits, verb, order}`. With N = 0 it lives, says how many changes there were, and waits.
 */
const dieAt = Number(process.argv[2]);
const wanted = JSON.parse(fs.readFileSync(0, "utf8"));
let changes = 0;
let counting = false;

function counted<A extends unknown[], R>(call: (...args: A) => R): (...args: A) => R {
  return (...args) => {
    if (counting) changes++;
    if (counting && changes === dieAt) process.kill(process.pid, "SIGKILL");
    return call(...args);
  };
}

const changing = [
  "writeFileSync",
  "linkSync",
  "renameSync",
  "rmSync",
  "rmdirSync",
  "mkdirSync",
  "chownSync",
  "openSync",
] as const;
for (const name of changing) Object.assign(fs, { [name]: counted(fs[name] as (...args: unknown[]) => unknown) });
for (const name of ["spawn", "execFileSync"] as const)
  Object.assign(childProcess, { [name]: counted(childProcess[name] as (...args: unknown[]) => unknown) });
process.kill = ((kill) => (pid: number, signal?: string | number) => {
  if (counting) changes++;
  if (counting && changes === dieAt) kill.call(process, process.pid, "SIGKILL");
  return kill.call(process, pid, signal);
})(process.kill);
syncBuiltinESMExports();

const { createLocalSpawner } = await import("#server/spawner/local.ts");
const signal = AbortSignal.timeout(20_000);
const spawner = createLocalSpawner({
  home: wanted.home,
  installationId: wanted.installationId,
  limits: wanted.limits,
  jupyterCommand: "jupyter",
  trustedUsers: false,
  clock: systemClock,
  log: pino({ level: "silent" }),
  graceSeconds: 1,
});
counting = true;
if (wanted.verb === "start") await spawner.start(wanted.order, signal);
else while ((await spawner.stop(wanted.order.ref, signal)).kind === "stopping") signal.throwIfAborted();
process.stdout.write(`${changes}\n`);
setInterval(() => undefined, 1000);
