import { createServer } from "node:http";
import type { Config } from "#server/config/schema.ts";
import { ensureJupyter } from "#server/embedded/jupyter.ts";
import { startEmbeddedPostgres } from "#server/embedded/postgres.ts";
import type { Hub } from "#server/hub.ts";
import type { Log } from "#server/log.ts";
import { publicUrlOf } from "#server/servers/public-url.ts";
import { stopAllServers } from "#server/servers/stop-all.ts";
import { checkHomeEnterable } from "#server/spawner/local.ts";
import { type ClaimedPart, claimHome } from "./claim.ts";
import { splitListen, startEdgeRole } from "./edge-role.ts";
import { firstLogin } from "./first-login.ts";
import type { ConfigFile } from "./follow-config.ts";
import { type HomePaths, prepareHome } from "./home.ts";
import { startHubRole } from "./hub-role.ts";
import { closeServer, listenOn } from "./listen.ts";
import { startWebChild, webAccount } from "./web-child.ts";

export type Role = "all" | "edge" | "hub" | "web";

/**
 * How a process ends: `interrupt` is somebody at the terminal who is done; `terminate` leaves servers and database to the next
 * start; `failed` is a start that didn't get through, and ends what it began itself.
 */
export type Ending = "interrupt" | "terminate" | "failed";

export type Serving = {
  readonly url: string;
  readonly reused: readonly string[];
  readonly adminLink: string | null;
  stop(how: Ending): Promise<void>;
};

export type ServeOptions = {
  readonly role: Role;
  readonly config: Config;
  /** The file it came from, which the hub follows. */
  readonly configFile?: ConfigFile | undefined;
  readonly paths: HomePaths;
  readonly log: Log;
  /** Gives a start up that is still under way. */
  readonly signal: AbortSignal;
  /** A step that takes a while, for whoever looks at the terminal. */
  report(step: string): void;
};

const observeTimeoutMs = 5000;

type Part = { stop(how: Ending): Promise<void> };
/** What a start has begun so far, in the order in which its parts need each other. */
type Begun = { readonly options: ServeOptions; readonly parts: Part[]; readonly reused: string[] };

const partsOf: Readonly<Record<Role, readonly ClaimedPart[]>> = {
  all: ["hub", "edge", "web"],
  hub: ["hub"],
  edge: ["edge"],
  web: ["web"],
};

/** Starts the parts of a role in the order they need each other, and stops them in the opposite one. */
export async function serve(options: ServeOptions): Promise<Serving> {
  const { role, config, paths, log } = options;
  const parts = partsOf[role];
  if (parts.includes("hub")) requireEnterableHome(options);
  prepareHome(paths);
  const release = await claimHome(paths, parts);
  const begun: Begun = { options, parts: [{ stop: async () => release() }], reused: [] };
  const adminLink = await orAborted(startParts(begun, parts), options.signal).catch(async (error: unknown) => {
    await stopParts(begun.parts, "failed", log);
    throw error;
  });
  return {
    url: publicUrlOf(config),
    reused: begun.reused,
    adminLink,
    stop: (how) => stopParts(begun.parts, how, log),
  };
}

async function startParts(begun: Begun, parts: readonly ClaimedPart[]): Promise<string | null> {
  const { options } = begun;
  if (parts.includes("edge")) await requireFreePort(options.config);
  const adminLink = parts.includes("hub") ? await startHubParts(begun) : null;
  if (parts.includes("web")) begun.parts.push(await startWebChild(options));
  if (parts.includes("edge")) {
    const edge = await startEdgeRole(options);
    const graceSeconds = options.config.hub.shutdownGraceSeconds;
    // One machine's Berth is the only way in: the sooner it has ended, the sooner the next one is there.
    const drainSeconds = options.role === "edge" ? options.config.edge.drainSeconds : 0;
    begun.parts.push({
      stop: async (how) => (how === "terminate" ? await edge.close(graceSeconds, drainSeconds) : await edge.close(0)),
    });
  }
  return adminLink;
}

async function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const aborted = new Promise<never>((_resolve, reject) => {
    const giveUp = () => reject(new Error("Stopped before it was ready."));
    if (signal.aborted) giveUp();
    else signal.addEventListener("abort", giveUp, { once: true });
  });
  return await Promise.race([work, aborted]);
}

/** Said before anything is made: as root, servers run under other accounts and must get to their homes. */
function requireEnterableHome({ config, paths }: ServeOptions): void {
  const obstacle = config.spawner.type === "local" ? checkHomeEnterable(paths.home) : null;
  if (obstacle !== null) throw new Error(obstacle);
}

/** The port is bound last, when there is something behind it; that somebody else has it is better said first. */
async function requireFreePort(config: Config): Promise<void> {
  const [host, port] = splitListen(config.proxy.listen);
  const probe = createServer();
  await listenOn(probe, { kind: "tcp", host, port });
  await closeServer(probe);
}

async function startHubParts(begun: Begun): Promise<string | null> {
  const { config, paths, log, report } = begun.options;
  const jupyter =
    config.spawner.type === "local"
      ? await ensureJupyter({ home: paths.home, configured: config.spawner.jupyter ?? null, report })
      : null;
  if (jupyter?.reused) begun.reused.push("JupyterLab");
  const databaseUrl = config.hub.db.url ?? (await startDatabase(begun));
  const role = await startHubRole({
    config,
    configFile: begun.options.configFile,
    paths,
    databaseUrl,
    jupyter: jupyter?.jupyter ?? null,
    webOwner: webAccount(),
    log,
    signal: begun.options.signal,
  });
  begun.parts.push({
    stop: async (how) => {
      if (how === "interrupt" && config.spawner.type === "local")
        await stopAllServers(role.hub, config.hub.shutdownGraceSeconds);
      await role.stop();
    },
  });
  if (config.spawner.type === "local") begun.reused.push(...(await adoptedServers(role.hub)));
  return await firstLogin(role.hub);
}

/** Processes of an earlier start that are still there; the reconciler goes on with them. */
async function adoptedServers(hub: Hub): Promise<string[]> {
  const seen = await hub.spawner.observeAll(AbortSignal.timeout(observeTimeoutMs));
  const running = seen.filter(({ observation }) => observation.kind === "running").length;
  if (running === 0) return [];
  return [running === 1 ? "1 running server" : `${running} running servers`];
}

async function startDatabase({ options, parts, reused }: Begun): Promise<string> {
  options.report("Starting PostgreSQL");
  const database = await startEmbeddedPostgres({ directory: options.paths.database, log: options.log });
  if (database.adopted) reused.push("the running PostgreSQL");
  const ends = (how: Ending) => how === "interrupt" || (how === "failed" && !database.adopted);
  parts.push({ stop: async (how) => (ends(how) ? await database.stop() : undefined) });
  return database.url;
}

async function stopParts(parts: readonly Part[], how: Ending, log: Log): Promise<void> {
  for (const part of [...parts].reverse())
    await part.stop(how).catch((error: unknown) => log.error({ err: error }, "a part did not end as it should"));
}
