import type { Config } from "#server/config/schema.ts";
import { ensureJupyter } from "#server/embedded/jupyter.ts";
import { startEmbeddedPostgres } from "#server/embedded/postgres.ts";
import type { Log } from "#server/log.ts";
import { publicUrlOf } from "#server/servers/public-url.ts";
import { stopAllServers } from "#server/servers/stop-all.ts";
import { startEdgeRole } from "./edge-role.ts";
import { firstLogin } from "./first-login.ts";
import { type HomePaths, prepareHome } from "./home.ts";
import { startHubRole } from "./hub-role.ts";
import { startWebChild, webAccount } from "./web-child.ts";

export type Role = "all" | "edge" | "hub" | "web";

/** How a process ends: `interrupt` is somebody at the terminal who is done; `terminate` leaves servers to the next start. */
export type Ending = "interrupt" | "terminate";

export type Serving = {
  readonly url: string;
  readonly reused: readonly string[];
  readonly adminLink: string | null;
  stop(how: Ending): Promise<void>;
};

export type ServeOptions = {
  readonly role: Role;
  readonly config: Config;
  readonly paths: HomePaths;
  readonly log: Log;
  /** A step that takes a while, for whoever looks at the terminal. */
  report(step: string): void;
};

type Part = { stop(how: Ending): Promise<void> };

/** Starts the parts of a role in the order they need each other, and stops them in the opposite one. */
export async function serve(options: ServeOptions): Promise<Serving> {
  const { role, config, paths } = options;
  prepareHome(paths);
  const parts: Part[] = [];
  const reused: string[] = [];
  let adminLink: string | null = null;
  try {
    if (role === "all" || role === "hub") adminLink = await startHubParts(options, parts, reused);
    if (role === "all" || role === "web") parts.push(await startWebChild(options));
    if (role === "all" || role === "edge") {
      const edge = await startEdgeRole(options);
      parts.push({ stop: (how) => edge.close(how === "interrupt" ? 0 : config.hub.shutdownGraceSeconds) });
    }
  } catch (error) {
    await stopParts(parts, "terminate");
    throw error;
  }
  return { url: publicUrlOf(config), reused, adminLink, stop: (how) => stopParts(parts, how) };
}

async function startHubParts(options: ServeOptions, parts: Part[], reused: string[]): Promise<string | null> {
  const { config, paths, log, report } = options;
  const jupyter =
    config.spawner.type === "local"
      ? await ensureJupyter({ home: paths.home, configured: config.spawner.jupyter ?? null, report })
      : null;
  if (jupyter?.reused) reused.push("JupyterLab");
  const databaseUrl = config.hub.db.url ?? (await startDatabase(options, parts, reused));
  const role = await startHubRole({
    config,
    paths,
    databaseUrl,
    jupyter: jupyter?.jupyter ?? null,
    webOwner: webAccount(),
    log,
  });
  parts.push({
    stop: async (how) => {
      if (how === "interrupt" && config.spawner.type === "local")
        await stopAllServers(role.hub, config.hub.shutdownGraceSeconds);
      await role.stop();
    },
  });
  return await firstLogin(role.hub);
}

async function startDatabase({ paths, log, report }: ServeOptions, parts: Part[], reused: string[]): Promise<string> {
  report("Starting PostgreSQL");
  const database = await startEmbeddedPostgres({ directory: paths.database, log });
  if (database.adopted) reused.push("the PostgreSQL that was running");
  parts.push({ stop: async (how) => (how === "interrupt" ? await database.stop() : undefined) });
  return database.url;
}

async function stopParts(parts: readonly Part[], how: Ending): Promise<void> {
  for (const part of [...parts].reverse()) await part.stop(how).catch(() => undefined);
}
