import { existsSync } from "node:fs";
import path from "node:path";
import {
  type ConfigProblem,
  type ConfigResult,
  type ConfigSource,
  loadConfig,
  printProblems,
} from "#server/config/load.ts";
import type { Config } from "#server/config/schema.ts";
import type { CommandContext } from "./command-context.ts";
import { UsageError } from "./usage-error.ts";

export type ReadConfig = {
  readonly config: Config;
  readonly source: ConfigSource;
  readonly warnings: readonly ConfigProblem[];
};

/** The configuration this command line means. Wrong: every problem at once, and nothing is started. */
export function readConfig(context: CommandContext, port?: number): ReadConfig {
  const result = loadFrom(context.configFile() ?? findConfig(context), context, port);
  if (!result.ok) throw new ConfigError(result.problems);
  if (result.warnings.length > 0) process.stderr.write(`${printProblems(result.warnings)}\n`);
  return result;
}

/** The file of `source`, to be read again as this command line reads it. */
export function configFileOf({ file }: ConfigSource, context: CommandContext, port?: number) {
  return file === null ? undefined : { file, read: () => loadFrom(file, context, port) };
}

function loadFrom(file: string | undefined, context: CommandContext, port: number | undefined): ConfigResult {
  // The port alone is what the flag changes, as the variable does: an address from the file stays.
  const environment = port === undefined ? context.environment : { ...context.environment, BERTH_PORT: String(port) };
  return loadConfig({ environment, ...(file === undefined ? {} : { file }) });
}

/** Every problem of a configuration. */
export class ConfigError extends UsageError {
  readonly problems: readonly ConfigProblem[];

  constructor(problems: readonly ConfigProblem[]) {
    const many = problems.length === 1 ? "this problem" : `these ${problems.length} problems`;
    super(printProblems(problems), `Nothing was started. Correct ${many}, then try again.`);
    this.name = "ConfigError";
    this.problems = problems;
  }
}

function findConfig(context: CommandContext): string | undefined {
  const folders = [context.environment.INIT_CWD ?? process.cwd(), context.home()];
  return folders.map((folder) => path.join(folder, "berth.yaml")).find((file) => existsSync(file));
}
