import { createWriteStream, mkdtempSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { pipeline } from "node:stream/promises";
import type { Command } from "commander";
import { migrate } from "#db/migrate.ts";
import { checkBackup, type HomeOnMap } from "#server/backup/backup-file.ts";
import { withDatabase } from "#server/backup/database.ts";
import { restoreBackup } from "#server/backup/restore-backup.ts";
import { takeBackup } from "#server/backup/take-backup.ts";
import { systemClock } from "#server/clock.ts";
import { homePaths } from "#server/roles/home.ts";
import type { CommandContext } from "./command-context.ts";
import { formatBytes, printAnswer, printItems } from "./output.ts";
import { readConfig } from "./read-config.ts";

export function addDatabaseCommands(program: Command, context: CommandContext): void {
  program
    .command("migrate")
    .description("bring the database's tables up to date; every hub does so when it starts")
    .action(async () => {
      await withDatabase(placeOf(context), (url) => migrate(url));
      printAnswer(context.format(), { ok: true }, "The database is up to date.");
    });
  program
    .command("backup")
    .description("write everything the database holds, and which home is whose, into a file; Berth goes on meanwhile")
    .argument("<file>", "where to; - is standard output")
    .action((file: string) => backup(context, file));
  program
    .command("restore")
    .description("put a backup into the database; no hub may run meanwhile")
    .argument("<file>", "a file that `berth backup` wrote; - is standard input")
    .option("--new-cluster", "the homes' volumes were restored too: nothing runs, claims have new UIDs", false)
    .option("--replace", "what the database holds now may go", false)
    .option("--list", "only list the homes in the backup", false)
    .action((file: string, options: RestoreFlags) =>
      withFile(
        file,
        async (found) => await (options.list ? listHomes(context, found) : restore(context, found, options)),
      ),
    );
}

type RestoreFlags = { readonly newCluster: boolean; readonly replace: boolean; readonly list: boolean };

async function backup(context: CommandContext, file: string): Promise<void> {
  const taken = await withDatabase(placeOf(context), async (url) => {
    if (file === "-") return await takeBackup(url, systemClock, process.stdout);
    // Under its own name only when it is whole; readable by its owner alone, as the database is.
    const partial = `${file}.partial`;
    const done = await takeBackup(url, systemClock, createWriteStream(partial, { mode: 0o600 })).catch(
      (error: unknown) => {
        rmSync(partial, { force: true });
        throw error;
      },
    );
    renameSync(partial, file);
    return done;
  });
  const sentence = `Wrote ${taken.rows} rows and the map of ${taken.homes === 1 ? "1 home" : `${taken.homes} homes`}. The homes' files are not in it: back their volumes up as well.`;
  if (file === "-") process.stderr.write(`${sentence}\n`);
  else printAnswer(context.format(), { file, ...taken }, sentence);
}

async function restore(context: CommandContext, file: string, flags: RestoreFlags): Promise<void> {
  const { newCluster, replace } = flags;
  const { header, homes, users } = await withDatabase(placeOf(context), (databaseUrl) =>
    restoreBackup({ databaseUrl, file, newCluster, replace, clock: systemClock }),
  );
  printAnswer(
    context.format(),
    { takenAt: header.takenAt, users, homes: homes.length },
    `Restored ${users === 1 ? "1 user" : `${users} users`} and ${homes.length === 1 ? "1 home" : `${homes.length} homes`} as of ${header.takenAt}. Start the hub again, then run \`berth doctor\`.`,
  );
}

async function listHomes(context: CommandContext, file: string): Promise<void> {
  const { homes } = await checkBackup(file);
  printItems<HomeOnMap>(context.format(), homes, [
    { title: "USER", value: ({ user }) => user },
    { title: "SERVER", value: ({ server }) => (server === null ? "(shared)" : server === "" ? "(default)" : server) },
    { title: "NAMESPACE", value: ({ namespace }) => namespace },
    { title: "HOME", value: ({ name }) => name },
    { title: "SIZE", value: ({ capacityBytes }) => formatBytes(capacityBytes) },
    { title: "UID", value: ({ claimUid }) => claimUid ?? "" },
  ]);
}

function placeOf(context: CommandContext) {
  return { config: readConfig(context).config, paths: homePaths(context.home()) };
}

/** What comes by a pipe is read twice: it is checked before anything is changed. */
async function withFile(file: string, work: (file: string) => Promise<void>): Promise<void> {
  if (file !== "-") return await work(file);
  const folder = mkdtempSync(path.join(tmpdir(), "berth-restore-"));
  try {
    const spooled = path.join(folder, "backup");
    await pipeline(process.stdin, createWriteStream(spooled, { mode: 0o600 }));
    await work(spooled);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
