import path from "node:path";
import { Command, CommanderError, Option } from "commander";
import { defaultHome, expandHome } from "#server/roles/home.ts";
import { version } from "#server/version.ts";
import { addAccountCommands } from "./account-commands.ts";
import { type ApiClient, connect, isClientError, sentenceOf } from "./client.ts";
import { addConfigCommands } from "./config-commands.ts";
import { addDoctorCommand } from "./doctor-command.ts";
import { UsageError } from "./failure.ts";
import type { OutputFormat } from "./output.ts";
import { addServeCommand } from "./serve-command.ts";
import { addServerCommands } from "./server-commands.ts";

/** What a command is given: the caller's global options, resolved. */
export type CommandContext = {
  readonly environment: NodeJS.ProcessEnv;
  format(): OutputFormat;
  home(): string;
  configFile(): string | undefined;
  api(): ApiClient;
};

/** Runs one command line and returns the exit code: 0 done, 1 it failed, 2 it was asked for wrongly. */
export async function runCommandLine(argv: readonly string[], environment: NodeJS.ProcessEnv): Promise<number> {
  const program = new Command("berth")
    .description("A server of their own for every student and researcher")
    .version(version);
  program
    .addOption(
      new Option("-o, --output <format>", "how to print the answer").choices(["table", "json"]).default("table"),
    )
    .option("--home <folder>", "where this installation lives (BERTH_HOME)")
    .option("--config <file>", "berth.yaml (BERTH_CONFIG); default: berth.yaml in the working directory or the home");
  const context: CommandContext = {
    environment,
    format: () => program.opts<{ output: OutputFormat }>().output,
    home: () => homeOf(program.opts<{ home?: string }>().home, environment),
    configFile: () => program.opts<{ config?: string }>().config ?? environment.BERTH_CONFIG,
    api: () => connect(context.home(), environment),
  };
  addServeCommand(program, context);
  addConfigCommands(program, context);
  addAccountCommands(program, context);
  addServerCommands(program, context);
  addDoctorCommand(program, context);
  for (const command of everyCommand(program)) allowGlobalOptions(command);
  try {
    await program.parseAsync([...argv], { from: "user" });
    return typeof process.exitCode === "number" ? process.exitCode : 0;
  } catch (error) {
    return report(error);
  }
}

function everyCommand(command: Command): Command[] {
  return command.commands.flatMap((inner) => [inner, ...everyCommand(inner)]);
}

/** `berth server list -o json` and `berth -o json server list` mean the same. */
function allowGlobalOptions(command: Command): void {
  command.exitOverride().showSuggestionAfterError().showHelpAfterError("(add --help for what there is)");
  const root = rootOf(command);
  if (command.commands.length > 0) return;
  for (const [flags, name] of [
    ["-o, --output <format>", "output"],
    ["--home <folder>", "home"],
    ["--config <file>", "config"],
  ] as const) {
    const option = new Option(flags).hideHelp();
    if (name === "output") option.choices(["table", "json"]);
    command.addOption(option).on(`option:${name}`, (value: string) => root.setOptionValue(name, value));
  }
}

function rootOf(command: Command): Command {
  return command.parent === null ? command : rootOf(command.parent);
}

function homeOf(given: string | undefined, environment: NodeJS.ProcessEnv): string {
  const wanted = given ?? environment.BERTH_HOME;
  if (wanted !== undefined && wanted !== "") return expandHome(wanted);
  return defaultHome(process.getuid?.() === 0, path.resolve(environment.INIT_CWD ?? process.cwd()));
}

function report(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  if (error instanceof UsageError) return complain(error.message, error.next, 2);
  if (isClientError(error)) {
    const { what, next } = sentenceOf(error);
    return complain(what, next, error.data?.hubCode === "invalid" ? 2 : 1);
  }
  return complain(error instanceof Error ? error.message : String(error), "", 1);
}

function complain(what: string, next: string, code: number): number {
  process.stderr.write(`${what}\n${next === "" ? "" : `${next}\n`}`);
  return code;
}
