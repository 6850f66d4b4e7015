/**
 * Node's words for "nobody there", and PostgreSQL's for "not now" (its Appendix A): too many connections, shutting down, a timeout of
 * ours on a statement or a lock, a deadlock or a conflict that a second try doesn't meet. Class 08 comes on top.
 */
const codes: ReadonlySet<string> = new Set([
  ...["ECONNREFUSED", "ECONNRESET", "EPIPE", "ETIMEDOUT", "EHOSTUNREACH", "ENETUNREACH", "ENOTFOUND"],
  ...["53300", "57P01", "57P02", "57P03", "57P05", "57014", "55P03", "40001", "40P01"],
]);

/** What pg says without a code when a connection breaks or none comes free in time (pg/lib/client.js, pg-pool/index.js). */
const sentences = [
  "Connection terminated",
  "Client has encountered a connection error and is not queryable",
  "timeout exceeded when trying to connect",
  "timeout expired",
];

/** PostgreSQL's context of an error that came while it waited for a row. */
const lockedTable = /relation "([^"]+)"/;

/** Whether a lock wasn't given in time, and on a row of which table where PostgreSQL says so; `null`: it was something else. */
export function lockTimeoutOf(error: unknown): { readonly table: string | null } | null {
  for (let at: unknown = error; at instanceof Error; at = at.cause) {
    if (!("code" in at) || at.code !== "55P03") continue;
    const where = "where" in at && typeof at.where === "string" ? at.where : "";
    return { table: lockedTable.exec(where)?.[1] ?? null };
  }
  return null;
}

/** Whether a query failed because the database couldn't answer it now, and not for what it asked. */
export function isDatabaseUnavailable(error: unknown): boolean {
  for (let at: unknown = error; at instanceof Error; at = at.cause) {
    const code = "code" in at && typeof at.code === "string" ? at.code : "";
    if (codes.has(code) || code.startsWith("08")) return true;
    // The socket of a local PostgreSQL that is stopped; any other missing file is another matter.
    if (code === "ENOENT" && "syscall" in at && at.syscall === "connect") return true;
    if (sentences.some((sentence) => at.message.startsWith(sentence))) return true;
  }
  return false;
}
