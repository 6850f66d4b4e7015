import { connectTo } from "#server/backup/database.ts";
import type { Config } from "#server/config/schema.ts";
import { homePaths } from "#server/roles/home.ts";
import type { HealthCheck } from "#server/spawner/spawner.ts";
import type { CommandContext } from "./command-context.ts";
import { readConfig } from "./read-config.ts";

/** What can be looked at without a hub: why it may not be there. */
export async function checkAlone(context: CommandContext, because: string): Promise<HealthCheck[]> {
  const hub: HealthCheck = {
    name: "hub",
    ok: false,
    message: because,
    fix: "Correct what else is wrong here, then start it; its log says why it ended.",
  };
  const [configuration, config] = configurationCheck(context);
  if (config === null) return [hub, configuration];
  return [hub, configuration, await databaseCheck(config, homePaths(context.home()).database)];
}

function configurationCheck(context: CommandContext): [HealthCheck, Config | null] {
  const name = "configuration";
  try {
    const { config } = readConfig(context);
    return [{ name, ok: true, message: "It can be read, and nothing in it contradicts itself.", fix: null }, config];
  } catch (error) {
    return [{ name, ok: false, message: wordsOf(error), fix: "`berth config validate` says when it is right." }, null];
  }
}

/** The embedded one isn't started for this: it belongs to the hub. */
async function databaseCheck({ hub }: Config, folder: string): Promise<HealthCheck> {
  const name = "database";
  if (hub.db.url === undefined)
    return { name, ok: true, message: `Berth's own, in ${folder}; it is started with Berth.`, fix: null };
  try {
    await (await connectTo(hub.db.url)).end();
    return { name, ok: true, message: "PostgreSQL answers.", fix: null };
  } catch (error) {
    return { name, ok: false, message: wordsOf(error), fix: null };
  }
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
