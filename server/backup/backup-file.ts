import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";
import { pipeline } from "node:stream/promises";
import { createGunzip, createGzip } from "node:zlib";
import { z } from "zod";

/**
 * A backup is gzip of lines of JSON: what it is, the map of homes, `["table",row]` for every row, and an end with a checksum. A file
 * that was cut off has no end and is refused as a whole.
 */
const Header = z.object({
  backupOf: z.literal("berth"),
  format: z.literal(1),
  version: z.string(),
  takenAt: z.iso.datetime(),
  installation: z.string(),
  /** How many of Berth's migrations the database had. */
  migrations: z.int().min(1),
});
export type BackupHeader = z.infer<typeof Header>;

const Home = z.object({
  user: z.string(),
  /** Null where the user's servers share it; "" is the default server. */
  server: z.string().nullable(),
  namespace: z.string(),
  /** Name of the claim, or of the folder. */
  name: z.string(),
  claimUid: z.string().nullable(),
  capacityBytes: z.number(),
});
export type HomeOnMap = z.infer<typeof Home>;

const End = z.object({ end: z.literal(true), lines: z.int(), sha256: z.string() });

type Content = {
  readonly header: BackupHeader;
  readonly homes: readonly HomeOnMap[];
  readonly rows: AsyncIterable<{ readonly table: string; readonly row: string }>;
};

/** Writes a whole backup; returns how many rows it holds. */
export async function writeBackup(content: Content, out: NodeJS.WritableStream): Promise<number> {
  const hash = createHash("sha256");
  let lines = 0;
  let rows = 0;
  const line = (text: string) => {
    hash.update(text).update("\n");
    lines++;
    return `${text}\n`;
  };
  async function* text() {
    yield line(JSON.stringify(content.header));
    for (const home of content.homes) yield line(JSON.stringify(home));
    for await (const { table, row } of content.rows) {
      rows++;
      yield line(`[${JSON.stringify(table)},${row}]`);
    }
    yield `${JSON.stringify({ end: true, lines, sha256: hash.digest("hex") })}\n`;
  }
  await pipeline(text, createGzip(), out, { end: out !== process.stdout });
  return rows;
}

/** What this file is. Errors say what is wrong with it; a file that passes is whole. */
export async function checkBackup(file: string): Promise<{ header: BackupHeader; homes: HomeOnMap[] }> {
  const hash = createHash("sha256");
  const homes: HomeOnMap[] = [];
  let header: BackupHeader | undefined;
  let ended = false;
  let lines = 0;
  for await (const text of linesOf(file)) {
    if (ended) throw new Error(`${file} goes on after its end: it isn't the backup that was written.`);
    if (text.startsWith('{"end":')) {
      const end = End.parse(JSON.parse(text));
      if (end.lines !== lines || end.sha256 !== hash.digest("hex")) throw damaged(file);
      ended = true;
      continue;
    }
    hash.update(text).update("\n");
    lines++;
    if (header === undefined) header = headerFrom(file, text);
    else if (text.startsWith("{")) homes.push(Home.parse(JSON.parse(text)));
  }
  if (header === undefined || !ended) throw damaged(file);
  return { header, homes };
}

/** The rows, table by table, as `rowsOf` gave them. */
export async function* backupRows(file: string): AsyncGenerator<{ table: string; row: string }> {
  for await (const text of linesOf(file)) {
    if (!text.startsWith("[")) continue;
    const comma = text.indexOf(",");
    yield { table: z.string().parse(JSON.parse(text.slice(1, comma))), row: text.slice(comma + 1, -1) };
  }
}

async function* linesOf(file: string): AsyncGenerator<string> {
  const unzipped = createReadStream(file).on("error", (error) => unzipped.destroy(error));
  const text = unzipped.pipe(createGunzip());
  unzipped.on("error", (error) => text.destroy(error));
  try {
    yield* createInterface({ input: text, crlfDelay: Number.POSITIVE_INFINITY });
    if (text.errored !== null) throw text.errored;
  } catch (error) {
    throw unreadable(file, error);
  }
}

function headerFrom(file: string, text: string): BackupHeader {
  const read = Header.safeParse(parsed(text));
  if (!read.success) throw new Error(`${file} isn't a backup that this Berth can read.`);
  return read.data;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function damaged(file: string): Error {
  return new Error(`${file} is cut off or damaged. Nothing was changed; use another backup.`);
}

function unreadable(file: string, error: unknown): Error {
  const { code } = error as NodeJS.ErrnoException;
  if (code === "ENOENT") return new Error(`${file} isn't there.`);
  if (code === "Z_BUF_ERROR" || code === "Z_DATA_ERROR") return damaged(file);
  return new Error(`${file} can't be read (${code ?? (error instanceof Error ? error.message : String(error))}).`);
}
