import type { Command } from "commander";
import type { HealthCheck } from "#server/spawner/spawner.ts";
import { checkAlone } from "./check-alone.ts";
import type { CommandContext } from "./command-context.ts";
import { unreachableWords } from "./failure.ts";
import { printJson, write } from "./output.ts";

export function addDoctorCommand(program: Command, context: CommandContext): void {
  program
    .command("doctor")
    .description(
      "check the installation: database, clocks, edges, the cluster and what it allows; says what to do where something is wrong",
    )
    .action(async () => {
      const checks = await checksOf(context);
      if (context.format() === "json") printJson(checks);
      else for (const check of checks) printCheck(check);
      if (checks.some((check) => !check.ok)) process.exitCode = 1;
    });
}

/** Without the hub, what can be seen from here; of one elsewhere that is nothing. */
async function checksOf(context: CommandContext): Promise<readonly HealthCheck[]> {
  try {
    return await context.api().hub.checks.query();
  } catch (error) {
    const because = unreachableWords(error);
    if (context.environment.BERTH_URL || because === null) throw error;
    return await checkAlone(context, because);
  }
}

function printCheck(check: HealthCheck): void {
  write(`${check.ok ? "ok  " : "FAIL"}  ${check.name}: ${check.message}`);
  if (!check.ok && check.fix !== null) write(`      ${check.fix}`);
}
