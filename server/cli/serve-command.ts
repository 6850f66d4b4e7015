import { flushCompileCache } from "node:module";
import { Socket } from "node:net";
import { type Command, InvalidArgumentError, Option } from "commander";
import { createLog, type Log } from "#server/log.ts";
import { homePaths } from "#server/roles/home.ts";
import type { Ending, Role, Serving } from "#server/roles/serve.ts";
import { startTracing } from "#server/tracing/start.ts";
import type { CommandContext, Environment } from "./command-context.ts";
import { write } from "./output.ts";
import { configFileOf, readConfig } from "./read-config.ts";

const roles: readonly Role[] = ["all", "edge", "hub", "web"];
/** npm passes the terminal's Ctrl-C on to a process that has heard it itself: what comes this soon after is the same one. */
const sameInterruptMs = 1000;
/** The launcher's pipe (launch.mjs). */
const launcherFd = 3;

export function addServeCommand(program: Command, context: CommandContext): void {
  program
    .command("serve")
    .description("run Berth")
    .addOption(new Option("--role <role>", "which part of it").choices(roles).default("all"))
    .option("--port <number>", "port to listen on (BERTH_PORT); default 8000", parsePort)
    .action(async (options: { role: Role; port?: number }) => {
      const startedMs = performance.now();
      const { config, source } = readConfig(context, options.port);
      // Here, not above: the other commands need none of it and answer at once.
      const { serve } = await import("#server/roles/serve.ts");
      const stopTracing = await startTracing(options.role, context.environment);
      const ending = nextEnding();
      const starting = new AbortController();
      void ending.then(() => starting.abort());
      const serving = await serve({
        role: options.role,
        config,
        configFile: configFileOf(source, context, options.port),
        paths: homePaths(context.home()),
        log: logFor(options.role, context.environment),
        signal: starting.signal,
        report: (step) => process.stderr.write(`- ${step}\n`),
      });
      announce(serving, context.environment, (performance.now() - startedMs) / 1000);
      // Else it would be written at the end only, which a kill -9 skips.
      flushCompileCache();
      await end(serving, await ending, stopTracing);
    });
}

/** One machine's Berth runs before somebody's eyes: only what needs them. A role of its own logs for machines. */
function logFor(role: Role, environment: Environment): Log {
  return role === "all" ? createLog(role, environment.BERTH_LOG_LEVEL ?? "warn") : createLog(role);
}

function parsePort(text: string): number {
  const port = Number(text);
  if (!Number.isInteger(port) || port < 1 || port > 65535)
    throw new InvalidArgumentError("A port is a number from 1 to 65535.");
  return port;
}

/** In one piece: whoever waits for a line of it has the others too. */
function announce(serving: Serving, environment: Environment, seconds: number): void {
  const reused = [...(environment.BERTH_REUSED_BUILD === "1" ? ["the built programs"] : []), ...serving.reused];
  const lines = [
    ...(reused.length > 0 ? [`Reused ${listed(reused)}.`] : []),
    `Berth is ready at ${serving.url} (after ${seconds.toFixed(1)} s).`,
    ...(serving.adminLink === null ? [] : [`Log in as the first admin, once, within 15 minutes: ${serving.adminLink}`]),
  ];
  write(lines.join("\n"));
}

function listed(items: readonly string[]): string {
  return items.length < 2 ? items.join("") : `${items.slice(0, -1).join(", ")} and ${items.at(-1)}`;
}

/**
 * Ctrl-C ends everything, in order; a second one leaves at once. SIGTERM, and a launcher that was killed, leave servers and
 * database to the next start. The handlers stay: a signal without one would end the process in the middle.
 */
function nextEnding(): Promise<Ending> {
  return new Promise((resolve) => {
    let interruptedMs: number | null = null;
    process.on("SIGINT", () => {
      const nowMs = performance.now();
      interruptedMs ??= nowMs;
      if (nowMs - interruptedMs > sameInterruptMs) process.exit(1);
      resolve("interrupt");
    });
    for (const signal of ["SIGTERM", "SIGHUP"] as const) process.on(signal, () => resolve("terminate"));
    if (process.env.BERTH_INTERNAL_LAUNCHER === "fd3") watchLauncher(() => resolve("terminate"));
  });
}

function watchLauncher(ended: () => void): void {
  const pipe = new Socket({ fd: launcherFd, readable: true, writable: false });
  pipe.unref();
  pipe.on("error", ended).on("end", ended).resume();
}

async function end(serving: Serving, how: Ending, stopTracing: () => Promise<void>): Promise<void> {
  if (how === "interrupt")
    process.stderr.write("\n- Stopping the servers and the database; Ctrl-C again leaves them running\n");
  await serving.stop(how);
  await stopTracing();
  // Keep-alive sockets of a browser would hold the process; everything that matters is closed.
  process.exit(0);
}
