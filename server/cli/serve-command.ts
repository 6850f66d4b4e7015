import { existsSync } from "node:fs";
import path from "node:path";
import { type Command, InvalidArgumentError, Option } from "commander";
import { loadConfig, printProblems } from "#server/config/load.ts";
import type { Config } from "#server/config/schema.ts";
import { createLog } from "#server/log.ts";
import { homePaths } from "#server/roles/home.ts";
import { type Ending, type Role, type Serving, serve } from "#server/roles/serve.ts";
import { UsageError } from "./failure.ts";
import { write } from "./output.ts";
import type { CommandContext } from "./program.ts";

const roles: readonly Role[] = ["all", "edge", "hub", "web"];

export function addServeCommand(program: Command, context: CommandContext): void {
  program
    .command("serve")
    .description("run Berth")
    .addOption(new Option("--role <role>", "which part of it").choices(roles).default("all"))
    .option("--port <number>", "port on 127.0.0.1 (BERTH_PORT)", parsePort)
    .action(async (options: { role: Role; port?: number }) => {
      const startedMs = performance.now();
      const config = readConfig(context, options.port);
      const serving = await serve({
        role: options.role,
        config,
        paths: homePaths(context.home()),
        log: createLog(options.role),
        report: (step) => process.stderr.write(`- ${step}\n`),
      });
      announce(serving, context, (performance.now() - startedMs) / 1000);
      await untilEnded(serving);
    });
}

/** The configuration this command line means. Wrong: every problem at once, and nothing is started. */
export function readConfig(context: CommandContext, port?: number): Config {
  const { environment } = context;
  const wantedPort = port ?? (environment.BERTH_PORT ? parsePort(environment.BERTH_PORT) : undefined);
  const file = context.configFile() ?? findConfig(context);
  const result = loadConfig({
    ...(file === undefined ? {} : { file }),
    environment,
    ...(wantedPort === undefined ? {} : { flags: { proxy: { listen: `127.0.0.1:${wantedPort}` } } }),
  });
  if (!result.ok) throw new UsageError(printProblems(result.problems), "Nothing was started.");
  return result.config;
}

export function findConfig(context: CommandContext): string | undefined {
  const folders = [context.environment.INIT_CWD ?? process.cwd(), context.home()];
  return folders.map((folder) => path.join(folder, "berth.yaml")).find((file) => existsSync(file));
}

function parsePort(text: string): number {
  const port = Number(text);
  if (!Number.isInteger(port) || port < 1 || port > 65535)
    throw new InvalidArgumentError("A port is a number from 1 to 65535.");
  return port;
}

function announce(serving: Serving, context: CommandContext, seconds: number): void {
  const reused = [...(context.environment.BERTH_REUSED_BUILD === "1" ? ["the built web app"] : []), ...serving.reused];
  if (reused.length > 0) write(`Reused ${reused.join(", ")}.`);
  write(`Berth is ready at ${serving.url} (after ${seconds.toFixed(1)} s).`);
  if (serving.adminLink !== null) write(`Log in as the first admin, once, within 15 minutes: ${serving.adminLink}`);
}

/** Ctrl-C ends everything, in order; a second one leaves at once. SIGTERM leaves servers and database to the next start. */
async function untilEnded(serving: Serving): Promise<void> {
  const how = await new Promise<Ending>((resolve) => {
    process.once("SIGINT", () => resolve("interrupt"));
    process.once("SIGTERM", () => resolve("terminate"));
    process.once("SIGHUP", () => resolve("terminate"));
  });
  process.once("SIGINT", () => process.exit(1));
  if (how === "interrupt") process.stderr.write("\n- Stopping the servers and the database\n");
  await serving.stop(how);
  // Keep-alive sockets of a browser would hold the process; everything that matters is closed.
  process.exit(0);
}
