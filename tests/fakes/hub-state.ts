import type { Access } from "#db/access-history.ts";
import type { CurrentAnnouncement } from "#server/announcements/current.ts";
import type { PhaseView, ProfileView, ProgressView, ServerView, TokenRow, UserRow } from "#server/api/views.ts";
import type { SessionRow } from "#server/sessions/list.ts";
import { canary, failureOf, failureReasons, serverOf, tokensOf, userOf } from "./hub-data.ts";

export type FakeHubOptions = {
  readonly publicUrl: string;
  /** How long each step of a start lasts. */
  readonly stepMs: number;
  readonly trustNotes: readonly string[];
  readonly profiles: readonly ProfileView[];
};

const labels = ["Waiting for your turn", "Finding a machine", "Loading the software", "Starting your server", "Ready"];
const phases: readonly PhaseView[] = ["queued", "spawning", "starting", "starting", "ready"];

function sessionsOf(now: Date): SessionRow[] {
  const times = { createdAt: new Date(now.getTime() - 7_200_000), expiresAt: new Date(now.getTime() + 86_400_000) };
  return [
    { id: "s-1", method: "local", clientAddress: "192.0.2.7", ...times, current: true },
    { id: "s-2", method: "local", clientAddress: "2001:db8::20", ...times, current: false },
    { id: "s-3", method: "university", clientAddress: "198.51.100.4", ...times, current: false },
  ];
}

function openedOf(now: Date): Access[] {
  const createdAt = new Date(now.getTime() - 86_400_000);
  const until = new Date(createdAt.getTime() + 3_600_000);
  return [{ id: "a-1", by: "admin", serverName: "", reason: `She asked me to look. ${canary}`, createdAt, until }];
}

/** What the fake hub remembers. Starts advance by themselves, a step at a time. */
export class FakeHubState {
  /** The groups people here are in, and by group why a profile doesn't fit in it. */
  quotas: Readonly<Record<string, Readonly<Record<string, string>>>> = {};
  readonly options: FakeHubOptions;
  readonly users = new Map<string, UserRow>();
  readonly servers = new Map<string, ServerView>();
  readonly steps = new Map<string, { at: number; startedMs: number }>();
  readonly timers = new Set<NodeJS.Timeout>();
  tokens: TokenRow[];
  announcements: CurrentAnnouncement[] = [];
  backendAwaySince: Date | null = null;
  sessions: SessionRow[];
  opened: Access[];
  idleChoice: number | null = null;
  profiles: readonly ProfileView[];
  private readonly watchers = new Set<() => void>();

  constructor(options: FakeHubOptions) {
    this.options = options;
    this.profiles = options.profiles;
    const now = new Date();
    this.tokens = tokensOf(now);
    this.sessions = sessionsOf(now);
    this.opened = openedOf(now);
    for (const [name, given] of [
      ["ana", { runningServers: 1 }],
      ["admin", { admin: true, groups: [] }],
      ["fresh", { lastActivityAt: null }],
      ["failing", {}],
      ["üser@example.org", { groups: ["chemistry", "a group with a rather long name"] }],
      [`evil ${canary}`, { disabledAt: now }],
    ] as const) {
      this.users.set(name, userOf(name, given, now));
    }
    for (let index = 1; index <= 60; index++) {
      const name = `student-${String(index).padStart(3, "0")}`;
      this.users.set(name, userOf(name, {}, now));
      if (index % 2 === 0) this.put({ ownerName: name, name: "", phase: "ready" });
    }
    this.put({ ownerName: "ana", name: "", phase: "ready" });
    for (const phase of ["stopped", "queued", "starting", "stopping"] as const) {
      this.put({ ownerName: "ana", name: `is-${phase}`, phase, queuePosition: phase === "queued" ? 3 : null });
    }
    for (const reason of failureReasons) this.putFailed("failing", reason === "crashed" ? "" : reason, reason);
    this.putFailed("ana", "has-crashed", "crashed");
  }

  put(given: Parameters<typeof serverOf>[0]): ServerView {
    const server = serverOf(given, new Date(), this.options.publicUrl);
    this.servers.set(server.id, server);
    for (const wake of this.watchers) wake();
    return server;
  }

  putFailed(ownerName: string, name: string, reason: (typeof failureReasons)[number]): void {
    this.put({ ownerName, name, phase: "failed", failure: failureOf(reason, new Date()) });
  }

  find(user: string, name: string): ServerView | undefined {
    return this.servers.get(`${user}/${name}`);
  }

  /** As a start goes: queued, spawning, starting, ready. A server called `never` stays where a large image is loaded. */
  begin(user: string, name: string, choice: Partial<ServerView>): ServerView {
    const id = `${user}/${name}`;
    const before = this.servers.get(id);
    const kept =
      before === undefined ? {} : { profile: before.profile, options: before.options, limits: before.limits };
    this.steps.set(id, { at: 0, startedMs: performance.now() });
    const server = this.put({
      ...kept,
      ...choice,
      ownerName: user,
      name,
      phase: "queued",
      queuePosition: 2,
      phaseSince: new Date(),
    });
    this.later(() => this.advance(id));
    return server;
  }

  private advance(id: string): void {
    const step = this.steps.get(id);
    const server = this.servers.get(id);
    if (step === undefined || server === undefined || server.phase === "stopped" || server.phase === "ready") return;
    if (server.name === "never" && step.at === 2) return;
    step.at++;
    const phase = phases[step.at] ?? "ready";
    this.put({ ...server, phase, queuePosition: null, readyAt: phase === "ready" ? new Date() : null, failure: null });
    if (phase !== "ready") this.later(() => this.advance(id));
  }

  private later(run: () => void): void {
    const timer = setTimeout(() => {
      this.timers.delete(timer);
      run();
    }, this.options.stepMs);
    this.timers.add(timer);
  }

  progressOf(server: ServerView): ProgressView {
    const step = this.steps.get(server.id) ?? {
      at: server.phase === "starting" ? 2 : 0,
      startedMs: performance.now() - 8000,
    };
    const isReady = server.phase === "ready";
    return {
      server,
      percent: isReady ? 100 : server.phase === "failed" ? 0 : 10 + step.at * 22,
      message: isReady ? "Your server is ready." : (server.failure?.whatHappened ?? `${labels[step.at] ?? ""}.`),
      steps: labels.map((label, index) => ({
        key: label,
        label,
        state:
          isReady || index < step.at
            ? "done"
            : index > step.at
              ? "todo"
              : server.phase === "failed"
                ? "failed"
                : "active",
      })),
      elapsedSeconds: (performance.now() - step.startedMs) / 1000,
      expectedSeconds: 12,
      events: [
        { id: 1, at: new Date(), kind: "phase", message: "Asked for a place", warning: false },
        { id: 2, at: new Date(), kind: "backend", message: `0/3 nodes are available: ${canary}`, warning: true },
      ],
    };
  }

  async changed(signal: AbortSignal): Promise<void> {
    await new Promise<void>((resolve) => {
      const wake = () => {
        this.watchers.delete(wake);
        resolve();
      };
      this.watchers.add(wake);
      signal.addEventListener("abort", wake, { once: true });
    });
  }

  close(): void {
    for (const timer of this.timers) clearTimeout(timer);
    for (const wake of this.watchers) wake();
  }
}
