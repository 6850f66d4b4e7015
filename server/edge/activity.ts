import type { ActivityReport } from "#server/internal/messages.ts";
import type { Exchange, Run } from "./run.ts";

/**
 * A WebSocket's ping and pong (2 to 18 bytes each) keep a connection alive and say nothing about anybody being there; one key pressed
 * in a terminal and its echo come to more.
 */
const heartbeatBytes = 16;

/** Looks once a second at the counters the kernel keeps anyway, so that no chunk costs anything. */
export class ActivityWatch {
  readonly #seen = new WeakMap<Exchange, number>();
  readonly #reported = new WeakMap<Run, { atMs: number; bytes: number; webSockets: number }>();

  /** Marks the runs in whose WebSockets something happened since the last look. */
  look(runs: Iterable<Run>, nowMs: number): void {
    for (const run of runs) {
      for (const exchange of run.open) {
        const bytes = exchange.bytes();
        if (bytes - (this.#seen.get(exchange) ?? 0) > heartbeatBytes) run.lastActivityMs = nowMs;
        this.#seen.set(exchange, bytes);
      }
    }
  }

  /** What is new since the last report; `null` when nothing is. */
  report(runs: Iterable<Run>): ActivityReport | null {
    const servers: ActivityReport["servers"] = [];
    for (const run of runs) {
      const [bytes, webSockets] = [bytesOf(run), webSocketsOf(run)];
      const before = this.#reported.get(run) ?? { atMs: 0, bytes: 0, webSockets: 0 };
      if (run.lastActivityMs <= before.atMs && webSockets === before.webSockets) continue;
      this.#reported.set(run, { atMs: run.lastActivityMs, bytes, webSockets });
      const { serverId, runId } = run.route;
      servers.push({
        serverId,
        runId,
        lastActivityAt: run.lastActivityMs,
        openWebSockets: webSockets,
        bytes: Math.max(0, bytes - before.bytes),
      });
    }
    return servers.length === 0 ? null : { servers };
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
