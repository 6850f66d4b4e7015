import type { ActivityReport } from "#server/internal/messages.ts";
import type { Exchange, Run } from "./run.ts";

/** So much in a second is a file on its way, whoever looks on; less is a page that keeps itself up to date. */
const transferBytes = 65_536;
/** Somebody who comes back after this is news at once: the hub may be about to stop their server. */
const quietMs = 60_000;

type Told = { readonly atMs: number; readonly bytes: number; readonly webSockets: number };
/** `taken` is called when the hub has it: what it didn't take is told again (F-03). */
type Report = { readonly message: ActivityReport; taken(): void };
type Seen = { readonly bytes: number; readonly frames: number };

/** Looks once a second at counters, so that no request and no frame costs more than counting it. */
export class ActivityWatch {
  readonly #seen = new WeakMap<Exchange, Seen>();
  readonly #reported = new WeakMap<Run, Told>();

  /** Marks the runs in which somebody did something since the last look. */
  look(runs: Iterable<Run>, nowMs: number): void {
    for (const run of runs) {
      for (const exchange of run.open) {
        const now = { bytes: exchange.bytes(), frames: exchange.clientFrames?.() ?? 0 };
        if (this.#isActivity(exchange, now)) run.lastActivityMs = nowMs;
        this.#seen.set(exchange, now);
      }
    }
  }

  /** In a WebSocket what the browser says; else a transfer that goes on. */
  #isActivity(exchange: Exchange, now: Seen): boolean {
    const before = this.#seen.get(exchange);
    if (exchange.webSocket) return now.frames > (before?.frames ?? 0);
    return before !== undefined && now.bytes - before.bytes > transferBytes;
  }

  /** Whether somebody is back in a run of which the hub thinks that nobody is there. */
  hasComeback(runs: Iterable<Run>): boolean {
    for (const run of runs) if (run.lastActivityMs - (this.#reported.get(run)?.atMs ?? 0) > quietMs) return true;
    return false;
  }

  /** What is new since the last report that the hub took; `null` when nothing is. */
  report(runs: Iterable<Run>, nowMs: number): Report | null {
    const servers: ActivityReport["servers"] = [];
    const told = new Map<Run, Told>();
    for (const run of runs) {
      const [bytes, webSockets] = [bytesOf(run), webSocketsOf(run)];
      const before = this.#reported.get(run) ?? { atMs: 0, bytes: 0, webSockets: 0 };
      if (run.lastActivityMs === before.atMs && webSockets === before.webSockets) continue;
      told.set(run, { atMs: run.lastActivityMs, bytes, webSockets });
      const { serverId, runId } = run.route;
      servers.push({
        serverId,
        runId,
        lastActivityAt: run.lastActivityMs,
        openWebSockets: webSockets,
        bytes: Math.max(0, bytes - before.bytes),
      });
    }
    if (servers.length === 0) return null;
    const taken = () => {
      for (const [run, what] of told) this.#reported.set(run, what);
    };
    return { message: { sentAt: nowMs, servers }, taken };
  }
}

function bytesOf(run: Run): number {
  let bytes = run.closedBytes;
  for (const exchange of run.open) bytes += exchange.bytes();
  return bytes;
}

function webSocketsOf(run: Run): number {
  let count = 0;
  for (const exchange of run.open) if (exchange.webSocket) count++;
  return count;
}
