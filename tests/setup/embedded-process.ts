/** A process that starts the embedded PostgreSQL in the folder given, says so on stdout and stays until it is killed. */
import { startEmbeddedPostgres } from "#server/embedded/postgres.ts";
import { createLog } from "#server/log.ts";

const directory = process.argv[2] ?? "";
const { url, pid, adopted } = await startEmbeddedPostgres({ directory, log: createLog("test", "silent") });
process.stdout.write(`${JSON.stringify({ url, pid, adopted })}\n`);
setInterval(() => undefined, 60_000);
