import { sql } from "drizzle-orm";
import { drizzle, type NodePgDatabase } from "drizzle-orm/node-postgres";
import pg from "pg";
import * as groups from "./schema/groups.ts";
import * as homes from "./schema/homes.ts";
import * as people from "./schema/people.ts";
import * as runs from "./schema/runs.ts";
import * as servers from "./schema/servers.ts";
import * as system from "./schema/system.ts";

const schema = { ...people, ...groups, ...homes, ...servers, ...runs, ...system };

export type Db = NodePgDatabase<typeof schema>;
export type Tx = Parameters<Parameters<Db["transaction"]>[0]>[0];

export type Database = { db: Db; pool: pg.Pool; close(): Promise<void> };

export type CreateDbOptions = {
  maxConnections?: number;
  /** A connection that broke while nobody used it. The pool has dropped it already; unheard, it would end the process. */
  onError?: (error: Error) => void;
};

/**
 * Of every single connection. One that is begun while the database moves may lead to an address where nobody is any more, and the kernel
 * would go on dialling it for two minutes; one that is open may have lost its other end without a word.
 */
export const connecting = { keepAlive: true, keepAliveInitialDelayMillis: 10_000, connectionTimeoutMillis: 5000 };

/** The pool's own time for a connection is how long somebody waits for their turn, too, and would hold for each. */
class Client extends pg.Client {
  constructor(options?: pg.ClientConfig) {
    super({ ...options, ...connecting });
  }
}

/** No query of ours takes seconds: a lock that isn't given or a plan gone wrong fails one request, not the pool. */
const statementTimeoutMs = 30_000;
const lockTimeoutMs = 10_000;
const idleInTransactionTimeoutMs = 60_000;

/**
 * Half of the connections are for transactions, half for single queries: hundreds of starts at once, or a row that is locked for
 * long, make the next change wait and never a page that only reads.
 */
export function createDb(url: string, options: CreateDbOptions = {}): Database {
  const max = options.maxConnections ?? 10;
  const forTransactions = createPool(url, Math.max(1, Math.floor(max / 2)));
  const pool = createPool(url, Math.max(1, Math.ceil(max / 2)));
  connectForTransactionsTo(forTransactions, pool);
  let closing: Promise<void> | undefined;
  // The pool calls itself closed before its connections are: a database that ends just after us cuts off nobody.
  const onError = (error: Error) => {
    if (closing === undefined) options.onError?.(error);
  };
  for (const one of [pool, forTransactions]) {
    one.on("error", onError);
    // A client that is checked out emits its own errors; pg rejects its query, but the event needs a listener as well.
    one.on("connect", (client) => client.on("error", onError));
  }
  return {
    db: drizzle(pool, { schema }),
    pool,
    close: () => {
      closing ??= Promise.all([pool.end(), forTransactions.end()]).then(() => undefined);
      return closing;
    },
  };
}

function createPool(url: string, max: number): pg.Pool {
  return new pg.Pool({
    connectionString: url,
    max,
    Client,
    connectionTimeoutMillis: 10_000,
    statement_timeout: statementTimeoutMs,
    lock_timeout: lockTimeoutMs,
    idle_in_transaction_session_timeout: idleInTransactionTimeoutMs,
  });
}

/**
 * A client that is asked for by promise is for a transaction; pool.query() asks by callback.
 *
 * drizzle's transaction() takes a client, sends `begin` outside its try, and never gives the client back when that fails: every
 * connection the database cut would cost the pool one place for ever. The client's first query is that `begin`.
 */
function connectForTransactionsTo(forTransactions: pg.Pool, pool: pg.Pool): void {
  const connect = pool.connect.bind(pool);
  const connectForTransaction = async (): Promise<pg.PoolClient> => {
    const client = await forTransactions.connect();
    const query = client.query;
    client.query = ((...args: Parameters<typeof query>) => {
      client.query = query;
      const begun: unknown = query.apply(client, args);
      if (begun instanceof Promise) begun.catch((error: Error) => client.release(error));
      return begun;
    }) as typeof query;
    return client;
  };
  pool.connect = ((callback?: Parameters<typeof connect>[0]) =>
    callback === undefined ? connectForTransaction() : connect(callback)) as typeof pool.connect;
}

type TransactionOptions = {
  /** How long it waits for any one lock, where that is to be less than what holds for every connection. */
  readonly lockTimeoutMs?: number;
};

/** Commits when `work` resolves, rolls back when it throws. Given a transaction, it makes a savepoint in it. */
export function inTransaction<T>(
  db: Db | Tx,
  work: (tx: Tx) => Promise<T>,
  { lockTimeoutMs: lockMs }: TransactionOptions = {},
): Promise<T> {
  if (lockMs === undefined) return db.transaction(work);
  return db.transaction(async (tx) => {
    await tx.execute(sql.raw(`set local lock_timeout = ${Math.ceil(lockMs)}`));
    return await work(tx);
  });
}
