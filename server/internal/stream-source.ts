import { grantsInForce } from "#db/access-grants.ts";
import { backendStaleSince } from "#db/backend-view.ts";
import type { Db } from "#db/client.ts";
import { allServers, findServersById } from "#db/servers.ts";
import { currentRevision, disabledUserIds, revokedSessions, type StreamRecord, streamAfter } from "#db/stream.ts";
import type { Clock } from "#server/clock.ts";
import type { Log } from "#server/log.ts";
import { edgeChangeFor, routeFor, stoppedFor } from "#server/servers/edge-message.ts";
import { noTimings, type Timings } from "#server/timings.ts";
import type { StreamChange, StreamLine } from "./messages.ts";

const retryMs = 500;
/** As long as nobody can be asked how fresh the view of servers is, it is taken for what it was; then for old. */
const unknownMs = 15_000;

type Subscriber = (line: StreamLine) => void;

/**
 * The hub's side of the stream: one reader of the database for all edges connected here. A subscriber gets a snapshot,
 * then every revision after it, in order and without gaps.
 */
export class StreamSource {
  readonly #db: Db;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #timings: Timings;
  /** Each with the revision of its snapshot: a change that the snapshot holds already is not sent again. */
  readonly #subscribers = new Map<Subscriber, number>();
  #revision = -1;
  #reading: Promise<void> = Promise.resolve();
  #readIsDue = false;
  #waiting = false;
  #staleSince: number | null = null;
  #viewReadAtMs: number;
  #looking: Promise<void> = Promise.resolve();

  constructor(db: Db, clock: Clock, log: Log, timings: Timings = noTimings) {
    this.#db = db;
    this.#clock = clock;
    this.#log = log;
    this.#timings = timings;
    this.#viewReadAtMs = clock.now().getTime();
  }

  /** The snapshot is taken in turn with the reading of changes, so that nothing falls between the two. */
  async subscribe(subscriber: Subscriber): Promise<() => void> {
    await this.#inTurn(async () => {
      const startedMs = this.#clock.monotonicMs();
      const snapshot = await this.snapshot();
      this.#timings.observe("proxy_poll_duration_seconds", (this.#clock.monotonicMs() - startedMs) / 1000);
      if (this.#subscribers.size === 0) this.#revision = snapshot.revision;
      // The view may have changed since the snapshot was put together, and this one wasn't told.
      subscriber({ ...snapshot, staleSince: this.#staleSince });
      this.#subscribers.set(subscriber, snapshot.revision);
    });
    // What was committed while the snapshot was read may have been told to nobody: there was no subscriber yet.
    this.poke();
    return () => this.#subscribers.delete(subscriber);
  }

  /** Something may be new: read it and pass it on. What can't be read now is tried again: a revocation must not wait for the next change. */
  poke(): void {
    if (this.#subscribers.size === 0 || this.#readIsDue) return;
    // Whatever is told until that read begins, it reads.
    this.#readIsDue = true;
    void this.#inTurn(() => this.#readNew()).catch((error: unknown) => {
      this.#log.warn({ err: error }, "could not read the stream; trying again");
      this.#pokeLater();
    });
  }

  #pokeLater(): void {
    if (this.#waiting) return;
    this.#waiting = true;
    void this.#clock.sleep(retryMs).then(() => {
      this.#waiting = false;
      this.poke();
    });
  }

  ping(): StreamLine {
    return { type: "ping", revision: Math.max(0, this.#revision) };
  }

  /** Reads since when the view of servers is old, and tells everybody when that has changed. One look after the other. */
  async lookAtView(): Promise<void> {
    // Without the database no route can be taken back: after a while that is as good as not looking at all.
    const unread = this.#clock.now().getTime() - this.#viewReadAtMs > unknownMs;
    if (unread && this.#subscribers.size > 0 && this.#staleSince === null) this.#setView(this.#viewReadAtMs);
    this.#looking = this.#looking.then(() => this.#readView());
    await this.#looking;
  }

  async #readView(): Promise<void> {
    const nowMs = this.#clock.now().getTime();
    const since = await backendStaleSince(this.#db).catch(() => undefined);
    if (since === undefined) return;
    this.#viewReadAtMs = nowMs;
    this.#setView(since?.getTime() ?? null);
  }

  #setView(staleSince: number | null): void {
    if (this.#staleSince === staleSince) return;
    this.#staleSince = staleSince;
    for (const subscriber of this.#subscribers.keys()) subscriber({ type: "view", staleSince });
  }

  async snapshot(): Promise<Extract<StreamLine, { type: "snapshot" }>> {
    // Revision first: what commits between the reads is then sent once more as a change, which does no harm.
    const revision = await currentRevision(this.#db);
    const now = this.#clock.now();
    const [servers, grants, sessions, disabled] = await Promise.all([
      allServers(this.#db),
      grantsInForce(this.#db, now),
      revokedSessions(this.#db, now),
      disabledUserIds(this.#db),
      this.lookAtView(),
    ]);
    const routes = servers.map((server) => routeFor(server, grants)).filter((route) => route !== null);
    const stopped = servers
      .filter((server) => routeFor(server, grants) === null)
      .map((server) => stoppedFor(server, grants));
    const staleSince = this.#staleSince;
    return {
      ...{ type: "snapshot", revision, routes, stopped, staleSince },
      ...{ revokedSessions: sessions, disabledUsers: disabled },
    };
  }

  async #inTurn(work: () => Promise<void>): Promise<void> {
    const turn = this.#reading.then(work);
    this.#reading = turn.catch(() => undefined);
    await turn;
  }

  async #readNew(): Promise<void> {
    this.#readIsDue = false;
    for (;;) {
      const startedMs = this.#clock.monotonicMs();
      const rows = await streamAfter(this.#db, this.#revision);
      if (rows.length === 0) return;
      const ids = new Set(
        rows.flatMap((row) => row.records.flatMap((record) => (record.type === "server" ? [record.serverId] : []))),
      );
      const hydrate = await this.#hydrator([...ids]);
      for (const row of rows) {
        this.#revision = row.revision;
        const line: StreamLine = { type: "change", revision: row.revision, changes: row.records.map(hydrate) };
        for (const [subscriber, from] of this.#subscribers) if (row.revision > from) subscriber(line);
      }
      this.#timings.observe("proxy_add_duration_seconds", (this.#clock.monotonicMs() - startedMs) / 1000);
    }
  }

  async #hydrator(ids: readonly string[]): Promise<(record: StreamRecord) => StreamChange> {
    const [found, grants] = await Promise.all([
      findServersById(this.#db, ids),
      grantsInForce(this.#db, this.#clock.now(), ids),
    ]);
    const byId = new Map(found.map((one) => [one.server.id, one]));
    return (record) => {
      if (record.type !== "server") return record;
      const server = byId.get(record.serverId);
      return server === undefined ? { type: "removed", serverId: record.serverId } : edgeChangeFor(server, grants);
    };
  }
}
