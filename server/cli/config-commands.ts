import type { Command } from "commander";
import { configJsonSchema, printConfig } from "#server/config/describe.ts";
import type { CommandContext } from "./command-context.ts";
import { printAnswer, printJson, write } from "./output.ts";
import { ConfigError, readConfig } from "./read-config.ts";

export function addConfigCommands(program: Command, context: CommandContext): void {
  const config = program.command("config").description("berth.yaml");
  config
    .command("validate")
    .description("check the file; says every problem at once, with its line")
    .action(() => validate(context));
  config
    .command("show")
    .description("the configuration in force, defaults included, secrets hidden")
    .action(() => write(printConfig(readConfig(context).config, context.format() === "json" ? "json" : "yaml")));
  config
    .command("schema")
    .description("the JSON Schema of berth.yaml, for editors")
    .action(() => printJson(configJsonSchema()));
}

function validate(context: CommandContext): void {
  try {
    const { source, warnings } = readConfig(context);
    const sentence =
      source.file === null ? "There is no berth.yaml; the defaults are in force." : `${source.file} is fine.`;
    printAnswer(context.format(), { ok: true, file: source.file, problems: [], warnings }, sentence);
  } catch (error) {
    if (!(error instanceof ConfigError) || context.format() !== "json") throw error;
    printJson({ ok: false, problems: error.problems });
    process.exitCode = 2;
  }
}
