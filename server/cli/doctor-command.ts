import type { Command } from "commander";
import type { HealthCheck } from "#server/spawner/spawner.ts";
import type { CommandContext } from "./command-context.ts";
import { printJson, write } from "./output.ts";

export function addDoctorCommand(program: Command, context: CommandContext): void {
  program
    .command("doctor")
    .description("check the installation: database, backend, keys, clock; says what to do where something is wrong")
    .action(async () => {
      const checks: readonly HealthCheck[] = await context.api().hub.checks.query();
      if (context.format() === "json") printJson(checks);
      else for (const check of checks) printCheck(check);
      if (checks.some((check) => !check.ok)) process.exitCode = 1;
    });
}

function printCheck(check: HealthCheck): void {
  write(`${check.ok ? "ok  " : "FAIL"}  ${check.name}: ${check.message}`);
  if (!check.ok && check.fix !== null) write(`      ${check.fix}`);
}
