import type { IncomingMessage } from "node:http";
import { collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import { backendStaleSince } from "#db/backend-view.ts";
import { serverGauges } from "#db/gauges.ts";
import { serverPhases } from "#db/servers.ts";
import { countUsers } from "#db/user-counts.ts";
import type { Hub } from "./hub.ts";
import { type TimingName, type Timings, timingNames } from "./timings.ts";

const helpOf: Record<TimingName, string> = {
  server_spawn_duration_seconds: "From the wish to ready or failed",
  server_stop_seconds: "From the wish to gone",
  check_routes_duration_seconds: "One look at everything the backend runs",
  init_spawners_duration_seconds: "The first such look after this hub took the lead",
  proxy_poll_duration_seconds: "Making the snapshot of all routes for an edge",
  proxy_add_duration_seconds: "Reading new routes and handing them to the edges",
};

export type DescribedMetric = {
  readonly name: string;
  readonly kind: "histogram" | "gauge";
  readonly help: string;
  readonly labels: readonly string[];
};

/** JupyterHub's names and labels, so that its dashboards and alerts work here as they are. */
export class Metrics implements Timings {
  readonly #registry = new Registry();
  readonly #requests: Histogram;
  readonly #running: Gauge;
  readonly #users: Gauge;
  readonly #active: Gauge;
  readonly #own: ReturnType<typeof ownGauges>;
  readonly #timings: ReadonlyMap<TimingName, Histogram>;
  readonly startup: Gauge;
  readonly eventLoop: Histogram;
  readonly #timer: NodeJS.Timeout;

  constructor() {
    const registers = [this.#registry];
    const histogram = (name: string, help: string, labelNames: string[], buckets: number[]) =>
      new Histogram({ name: `jupyterhub_${name}`, help, labelNames, buckets, registers });
    this.#requests = histogram(
      "request_duration_seconds",
      "Answers of the hub, from the request to the last byte",
      ["method", "handler", "code"],
      [0.005, 0.025, 0.1, 0.5, 2, 10],
    );
    this.#timings = new Map(
      timingNames.map((name) => [
        name,
        histogram(name, helpOf[name], ["status"], [0.01, 0.05, 0.25, 1, 2.5, 5, 10, 30, 60, 120, 300]),
      ]),
    );
    this.eventLoop = histogram(
      "event_loop_interval_seconds",
      "Time between two turns that should be 50 ms apart",
      [],
      [0.05, 0.1, 0.2, 0.5, 1, 5],
    );
    this.#running = new Gauge({ name: "jupyterhub_running_servers", help: "Servers that are ready", registers });
    this.#users = new Gauge({ name: "jupyterhub_total_users", help: "Users", registers });
    this.#active = new Gauge({
      name: "jupyterhub_active_users",
      help: "Users who were active in the period: 24h, 7d, 30d",
      labelNames: ["period"],
      registers,
    });
    this.startup = new Gauge({
      name: "jupyterhub_hub_startup_duration_seconds",
      help: "From process start to the first answer",
      registers,
    });
    this.#own = ownGauges(this.#registry);
    collectDefaultMetrics({ register: this.#registry });
    this.#timer = this.#measureLoop();
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  observeRequest(request: IncomingMessage, code: number, ms: number): void {
    this.#requests.labels(request.method ?? "", handlerOf(request.url ?? ""), String(code)).observe(ms / 1000);
  }

  observe(name: TimingName, seconds: number, status: "success" | "failure" = "success"): void {
    this.#timings.get(name)?.labels(status).observe(seconds);
  }

  async render(hub: Hub): Promise<string> {
    const now = hub.clock.now();
    const [servers, staleSince, users] = await Promise.all([
      serverGauges(hub.db),
      backendStaleSince(hub.db),
      countUsers(hub.db, now),
    ]);
    this.#running.set(servers.byPhase.get("ready") ?? 0);
    for (const phase of serverPhases) this.#own.servers.labels(phase).set(servers.byPhase.get(phase) ?? 0);
    this.#own.failed.reset();
    for (const [reason, count] of servers.failedByReason) this.#own.failed.labels(reason).set(count);
    this.#own.oldestStart.set(servers.oldestStartSeconds);
    this.#own.stale.set(staleSince === null ? 0 : (now.getTime() - staleSince.getTime()) / 1000);
    this.#own.leading.set(hub.reconciler.leading ? 1 : 0);
    this.#users.set(users.total);
    for (const [period, count] of Object.entries(users.active)) this.#active.labels(period).set(count);
    return await this.#registry.metrics();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** Everything served but Node's own figures, for docs/metrics.md. */
  describe(): readonly DescribedMetric[] {
    return this.#registry
      .getMetricsAsArray()
      .filter(({ name }) => /^(jupyterhub|berth)_/.test(name))
      .map((metric) => ({
        name: metric.name,
        kind: metric instanceof Histogram ? "histogram" : "gauge",
        help: metric.help,
        labels: "labelNames" in metric && Array.isArray(metric.labelNames) ? metric.labelNames.map(String) : [],
      }));
  }

  #measureLoop(): NodeJS.Timeout {
    let last = performance.now();
    const timer = setInterval(() => {
      const now = performance.now();
      this.eventLoop.observe((now - last) / 1000);
      last = now;
    }, 50);
    return timer.unref();
  }
}

/** What JupyterHub has no name for, because it keeps no such state. */
function ownGauges(registry: Registry) {
  const gauge = (name: string, help: string, labelNames: string[] = []) =>
    new Gauge({ name: `berth_${name}`, help, labelNames, registers: [registry] });
  return {
    servers: gauge("servers", "Servers by phase", ["phase"]),
    failed: gauge("failed_servers", "Servers that failed and weren't started again since, by reason", ["reason"]),
    oldestStart: gauge("oldest_start_seconds", "Age of the oldest start that isn't ready yet"),
    stale: gauge("backend_stale_seconds", "For how long the cluster hasn't answered; 0 when it does"),
    leading: gauge("hub_leads", "1 on the hub that leads the reconciler"),
  };
}

export async function renderMetrics(metrics: Metrics, hub: Hub): Promise<string> {
  return await metrics.render(hub);
}

/** Few values, as labels must be: the procedure of tRPC, the first three parts of any other path. */
export function handlerOf(url: string): string {
  const path = url.split("?", 1)[0] ?? "/";
  if (path.startsWith("/api/trpc/")) return path.slice(1, 80);
  return path
    .split("/")
    .slice(1, 4)
    .map((part) => (/^[a-z0-9-]{1,20}$/.test(part) ? part : ":name"))
    .join("/");
}
