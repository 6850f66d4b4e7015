import { statSync } from "node:fs";
import path from "node:path";
import type { Clock } from "#server/clock.ts";
import { checkConfig } from "#server/config/checks.ts";
import type { LiveConfig } from "#server/config/live-config.ts";
import { type ConfigResult, printProblems } from "#server/config/load.ts";
import { reloaded } from "#server/config/reload.ts";
import type { Config } from "#server/config/schema.ts";
import type { Log } from "#server/log.ts";

/** A file that is configured by, and how it is read again. */
export type ConfigFile = { readonly file: string; read(): ConfigResult };

type Following = {
  readonly source: ConfigFile;
  readonly live: LiveConfig;
  /** What a start adds to a configuration. */
  settle(config: Config): Promise<Config>;
  readonly clock: Clock;
  readonly log: Log;
};

const everyMs = 3000;

/**
 * Takes over a changed file while the hub runs. By its times, not by notification: a mounted ConfigMap or Secret changes by a symbolic link
 * somewhere above the file, and network file systems notify nobody.
 */
export async function followConfig(following: Following, signal: AbortSignal): Promise<void> {
  const { source, clock, log } = following;
  // Read once more at the beginning: it may have changed since the start read it.
  let known: string | null = null;
  while (!signal.aborted) {
    await clock.sleep(everyMs, signal).catch(() => undefined);
    const found = markOf(source.file);
    // Between two versions there may be none.
    if (signal.aborted || found === null || found === known) continue;
    known = found;
    await readAgain(following).catch((error: unknown) => log.error({ err: error }, "the configuration wasn't read"));
  }
}

/** Takes what the file says now, or says what keeps it from that. */
export async function readAgain({ source, live, settle, clock, log }: Following): Promise<void> {
  const result = source.read();
  const reading = { file: path.basename(source.file), at: clock.now() };
  if (!result.ok) {
    const problems = result.problems.map((problem) => printProblems([problem]));
    live.refuse(problems, reading);
    return log.error({ problems }, "the changed configuration has mistakes; the one before goes on");
  }
  const reload = reloaded(live.now, await settle(result.config));
  const conflicts = checkConfig(reload.config, new Set()).map(({ message }) => `${message} Restart the hub.`);
  if (conflicts.length > 0) {
    live.refuse(conflicts, reading);
    return log.error({ problems: conflicts }, "the changed configuration needs a restart; the one before goes on");
  }
  live.take(reload, reading);
  const { changed, waiting } = reload;
  if (changed.length > 0) log.info({ changed }, "the configuration was changed");
  if (waiting.length > 0) log.warn({ waiting }, "these changes of the configuration need a restart");
}

function markOf(file: string): string | null {
  const found = statSync(file, { throwIfNoEntry: false });
  return found === undefined ? null : `${found.dev}:${found.ino}:${found.size}:${found.mtimeMs}`;
}
