/** What the hub measures of itself, by JupyterHub's names; `Metrics` keeps them, a test may leave them. */
export const timingNames = [
  "server_spawn_duration_seconds",
  "server_stop_seconds",
  "check_routes_duration_seconds",
  "init_spawners_duration_seconds",
  "proxy_poll_duration_seconds",
  "proxy_add_duration_seconds",
] as const;
export type TimingName = (typeof timingNames)[number];

export interface Timings {
  observe(name: TimingName, seconds: number, status?: "success" | "failure"): void;
}

export const noTimings: Timings = { observe: () => undefined };
