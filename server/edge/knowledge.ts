import type { Clock } from "#server/clock.ts";
import type { StreamChange, StreamLine } from "#server/internal/messages.ts";
import { accessOf } from "./authorise.ts";
import { Revocations } from "./revocations.ts";
import { RouteTable } from "./route-table.ts";
import type { PoolTimes } from "./run.ts";

/** All the edge knows: what the stream told it. A change that puts somebody out ends what they have open. */
export class Knowledge {
  readonly routes: RouteTable;
  readonly revocations = new Revocations();
  /** Epoch milliseconds since when the hub itself can't vouch for the routes; `null`: it can. */
  staleSince: number | null = null;
  readonly #clock: Clock;

  constructor(times: PoolTimes, clock: Clock) {
    this.routes = new RouteTable(times);
    this.#clock = clock;
  }

  apply(line: StreamLine): void {
    if (line.type === "ping") return;
    if (line.type === "view") {
      this.staleSince = line.staleSince;
      return;
    }
    if (line.type === "snapshot") {
      this.staleSince = line.staleSince;
      this.routes.replaceAll(line.routes, line.stopped);
      this.revocations.replaceAll(line.revokedSessions, line.disabledUsers, this.#clock.now().getTime());
      return void this.putOut();
    }
    // A start or a stop puts nobody out of another server; everything else is looked at everywhere, which is rare.
    let everywhere = false;
    for (const change of line.changes) everywhere = this.#applyChange(change) || everywhere;
    if (everywhere) this.putOut();
  }

  #applyChange(change: StreamChange): boolean {
    switch (change.type) {
      case "route":
        this.routes.setRoute(change.route);
        this.#putOutOf(change.route.serverId);
        return false;
      case "stopped":
        this.routes.setStopped(change.server);
        return false;
      case "removed":
        this.routes.remove(change.serverId);
        return false;
      case "session-revoked":
        this.revocations.revokeSession(change.session);
        return true;
      case "token-revoked":
        this.revocations.revokeToken(change.token.tokenId);
        return true;
      case "user-disabled":
        this.revocations.setDisabled(change.user.userId, change.user.disabled);
        return true;
    }
  }

  /** Ends what is open for everybody whose session, token or access is over by now. */
  putOut(): void {
    const nowMs = this.#clock.now().getTime();
    for (const run of this.routes.runs())
      if (run.open.size > 0) run.endWhere((visitor) => visitor.untilMs <= nowMs || this.revocations.isOut(visitor));
  }

  #putOutOf(serverId: string): void {
    const entry = this.routes.byId(serverId);
    if (entry?.kind !== "running") return;
    const nowMs = this.#clock.now().getTime();
    entry.run.endWhere((visitor) => accessOf(entry.server, visitor.userId, nowMs) === null);
  }
}
