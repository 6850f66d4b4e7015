import { writeFileSync } from "node:fs";
import type { Command } from "commander";
import { redactedConfig } from "#server/config/describe.ts";
import { version } from "#server/version.ts";
import type { CommandContext } from "./command-context.ts";
import { printAnswer, write } from "./output.ts";
import { readConfig } from "./read-config.ts";

export function addSupportCommand(program: Command, context: CommandContext): void {
  program
    .command("support-bundle")
    .description(
      "write what helps to find a fault into one readable file: configuration without secrets, checks, numbers",
    )
    .argument("[file]", "where to; - is standard output", "berth-support.json")
    .action(async (file: string) => {
      const text = `${JSON.stringify(await bundle(context), null, 2)}\n`;
      if (file === "-") return write(text.trimEnd());
      writeFileSync(file, text, { mode: 0o600 });
      printAnswer(context.format(), { file }, `Wrote ${file}. Look through it before you send it to anybody.`);
    });
}

/** Each part for itself: a hub that doesn't answer is the very case such a file is for. */
async function bundle(context: CommandContext): Promise<Record<string, unknown>> {
  const part = async (work: () => unknown) => {
    try {
      return await work();
    } catch (error) {
      return { failed: error instanceof Error ? error.message : String(error) };
    }
  };
  return {
    writtenAt: new Date().toISOString(),
    commandLine: { version, node: process.version, platform: `${process.platform} ${process.arch}` },
    config: await part(() => redactedConfig(readConfig(context).config)),
    checks: await part(() => context.api().hub.checks.query()),
    hub: await part(() => context.api().hub.support.query()),
  };
}
