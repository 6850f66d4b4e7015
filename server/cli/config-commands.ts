import type { Command } from "commander";
import { configJsonSchema, printConfig } from "#server/config/describe.ts";
import { printJson, write } from "./output.ts";
import type { CommandContext } from "./program.ts";
import { findConfig, readConfig } from "./serve-command.ts";

export function addConfigCommands(program: Command, context: CommandContext): void {
  const config = program.command("config").description("berth.yaml");
  config
    .command("validate")
    .description("check the file; says every problem at once, with its line")
    .action(() => {
      readConfig(context);
      const file = context.configFile() ?? findConfig(context) ?? null;
      if (context.format() === "json") printJson({ ok: true, file });
      else write(file === null ? "There is no berth.yaml; the defaults are in force." : `${file} is fine.`);
    });
  config
    .command("show")
    .description("the configuration in force, defaults included, secrets hidden")
    .action(() => {
      const shown = readConfig(context);
      write(printConfig(shown, context.format() === "json" ? "json" : "yaml"));
    });
  config
    .command("schema")
    .description("the JSON Schema of berth.yaml, for editors")
    .action(() => printJson(configJsonSchema()));
}
