import path from "node:path";
import { Command, CommanderError, Option } from "commander";
import { defaultHome, expandHome } from "#server/roles/home.ts";
import { version } from "#server/version.ts";
import { addAccountCommands } from "./account-commands.ts";
import { type ApiClient, connect } from "./client.ts";
import type { CommandContext, Environment } from "./command-context.ts";
import { addConfigCommands } from "./config-commands.ts";
import { addDatabaseCommands } from "./database-commands.ts";
import { addDoctorCommand } from "./doctor-command.ts";
import { reportFailure } from "./failure.ts";
import type { OutputFormat } from "./output.ts";
import { addServeCommand } from "./serve-command.ts";
import { addServerCommands } from "./server-commands.ts";
import { addSupportCommand } from "./support-command.ts";

type GlobalOptions = { readonly output: OutputFormat; readonly home?: string; readonly config?: string };

/** Runs one command line and returns the exit code: 0 done, 1 it failed, 2 it was asked for wrongly. */
export async function runCommandLine(argv: readonly string[], environment: Environment): Promise<number> {
  const { program, context } = createProgram(environment);
  try {
    await program.parseAsync([...argv], { from: "user" });
    return typeof process.exitCode === "number" ? process.exitCode : 0;
  } catch (error) {
    // Commander has said it already; help and the version are no failure.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    return reportFailure(error, context.format());
  }
}

/** Every command there is; also what docs/cli.md is made from. */
export function createProgram(environment: Environment): {
  program: Command;
  context: CommandContext;
} {
  const program = new Command("berth")
    .description("A server of their own for every student and researcher")
    .version(version)
    .addOption(outputOption().default("table"))
    .option("--home <folder>", "where this installation lives (BERTH_HOME)")
    .option("--config <file>", "berth.yaml (BERTH_CONFIG); default: in the working directory, else in the home");
  let client: ApiClient | undefined;
  const options = () => program.opts<GlobalOptions>();
  const context: CommandContext = {
    environment,
    format: () => options().output,
    home: () => homeOf(options().home, environment),
    configFile: () => resolved(options().config ?? environment.BERTH_CONFIG, environment),
    api: () => {
      client ??= connect(context.home(), environment);
      return client;
    },
  };
  addServeCommand(program, context);
  addConfigCommands(program, context);
  addAccountCommands(program, context);
  addServerCommands(program, context);
  addDoctorCommand(program, context);
  addDatabaseCommands(program, context);
  addSupportCommand(program, context);
  for (const command of [program, ...everyCommand(program)]) prepare(command, program);
  return { program, context };
}

function outputOption(): Option {
  return new Option("-o, --output <format>", "how to print the answer").choices(["table", "json"]);
}

export function everyCommand(command: Command): Command[] {
  return command.commands.flatMap((inner) => [inner, ...everyCommand(inner)]);
}

/** `berth server list -o json` and `berth -o json server list` mean the same. */
function prepare(command: Command, program: Command): void {
  command.exitOverride().showSuggestionAfterError().showHelpAfterError("Add --help to see what there is.");
  if (command.commands.length > 0) return;
  const repeated = [outputOption(), new Option("--home <folder>"), new Option("--config <file>")];
  for (const option of repeated) {
    const name = option.attributeName();
    command.addOption(option.hideHelp()).on(`option:${name}`, (value: string) => program.setOptionValue(name, value));
  }
}

function homeOf(given: string | undefined, environment: Environment): string {
  const wanted = resolved(given ?? environment.BERTH_HOME, environment);
  return wanted ?? defaultHome(process.getuid?.() === 0, callerFolder(environment));
}

function resolved(given: string | undefined, environment: Environment): string | undefined {
  if (given === undefined || given === "") return undefined;
  return path.resolve(callerFolder(environment), expandHome(given));
}

/** npm runs scripts in the project's folder and says where it was called. */
function callerFolder(environment: Environment): string {
  return environment.INIT_CWD ?? process.cwd();
}
