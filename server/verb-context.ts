import type { Db, Tx } from "#db/client.ts";
import type { StreamRecord } from "#db/stream.ts";
import type { Actor, RequestOrigin } from "./auth/actor.ts";
import type { Clock } from "./clock.ts";
import type { Config } from "./config/schema.ts";
import type { Log } from "./log.ts";
import type { ServerTurns } from "./servers/server-turns.ts";
import type { Turns } from "./turns.ts";

/** Tells every edge, from within the transaction that makes it true. Called last in it: the rows lock the revision. */
export interface StreamWriter {
  append(tx: Tx, changes: readonly StreamRecord[]): Promise<void>;
}

/** What stops a user's servers when they are disabled or log out; on logout it leaves those the config says live on. */
export interface ServerStopper {
  stopServersOf(
    ctx: VerbContext,
    user: { readonly id: string; readonly name: string },
    why: "disabled" | "logout",
  ): Promise<void>;
}

/** Asks a user's identity provider for their groups of today. Leaves things as they are when it can't say, and never throws. */
export interface GroupRefresher {
  refreshGroupsOf(ctx: VerbContext, userId: string): Promise<void>;
}

/** Everything a verb may use, handed in: nothing is imported that holds state, so tests need no module mocks. */
export type VerbContext = {
  readonly actor: Actor;
  readonly origin: RequestOrigin;
  readonly db: Db;
  readonly config: Config;
  readonly clock: Clock;
  readonly log: Log;
  readonly changes: StreamWriter;
  readonly stopper: ServerStopper;
  readonly refresher: GroupRefresher;
  /** Starts wait for each other here, so that a class that begins at once makes no page wait for the database. */
  readonly startTurns: Turns;
  /** Changes of one server wait for each other here, and not each with a connection of the database. */
  readonly serverTurns: ServerTurns;
};
