import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { CullCandidate } from "#db/culling.ts";
import type { JupyterAnswer } from "./ask-jupyter.ts";
import { type CullDecision, decideCull } from "./cull.ts";
import { activityOf, announcementOf, type Memory, newsOf, remember, withAnnouncement, withAnswer } from "./look.ts";
import { lastedMs, type Moment } from "./steady.ts";

/**
 * The culler's own functions on a database row in memory, whose update has the preconditions of `wishCulled`; and the world around it: people,
 * kernels, edges that report late, a wall clock that jumps both ways, leaders that change in the middle.
 */
const idleSeconds = 600;
const warnSeconds = 120;
const everyMs = 30_000;
/** A server's own times count from five seconds after what is known already. */
const answerRoundingMs = 6000;

type Event =
  | { readonly kind: "wait"; readonly seconds: number }
  | { readonly kind: "activity"; readonly reportedAfterSeconds: number }
  | { readonly kind: "cell"; readonly seconds: number }
  | { readonly kind: "jump"; readonly seconds: number }
  | { readonly kind: "no-answer"; readonly seconds: number }
  | { readonly kind: "new-leader" }
  | { readonly kind: "extend"; readonly seconds: number }
  | { readonly kind: "restart" }
  /** Between what a culler decides and what it writes. */
  | { readonly kind: "meanwhile"; readonly what: "activity" | "extend" | "restart" | "jump" };

const seconds = (max: number) => fc.integer({ min: 1, max });
const anyEvent: fc.Arbitrary<Event> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant("wait" as const), seconds: seconds(900) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("activity" as const), reportedAfterSeconds: seconds(31) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("cell" as const), seconds: seconds(4000) }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant("jump" as const), seconds: fc.integer({ min: -90_000, max: 90_000 }) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("no-answer" as const), seconds: seconds(300) }) },
  { weight: 1, arbitrary: fc.constant({ kind: "new-leader" as const }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("extend" as const), seconds: seconds(3000) }) },
  { weight: 1, arbitrary: fc.constant({ kind: "restart" as const }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("meanwhile" as const),
      what: fc.constantFrom("activity" as const, "extend" as const, "restart" as const, "jump" as const),
    }),
  },
);

type Row = CullCandidate & { readonly desired: "running" | "stopped" };

/** One server and its culler. Time is true time; `wall` is what the hub's clock says. */
class World {
  trueMs = 10_000_000;
  offsetMs = Date.parse("2027-03-01T08:00:00Z");
  jumped = false;
  watchedAllAlong = false;
  row: Row;
  readonly reports: { dueMs: number; atMs: number; generation: number }[] = [];
  meanwhile: Extract<Event, { kind: "meanwhile" }>["what"][] = [];
  /** In true time. */
  activeMs: number;
  busyUntilMs = 0;
  silentUntilMs = 0;
  keptUntilMs = 0;
  memory: Memory | undefined;
  lastLookMs: number | null = null;
  leaderSinceMs: number;
  stops = 0;
  warnings = 0;

  constructor() {
    this.activeMs = this.leaderSinceMs = this.trueMs;
    this.row = this.freshRow(1);
  }

  get nowMs(): number {
    return this.trueMs + this.offsetMs;
  }

  freshRow(generation: number): Row {
    return {
      ...{ id: "1", name: "", ownerName: "ana", runId: `run-${generation}`, target: null, app: null, secret: null },
      ...{ profileSlug: null, lastActivityAt: null, keepUntil: null, stopAt: null, stopWhy: null },
      ...{ userCull: {}, groupCull: null, readyAt: new Date(this.nowMs), generation, desired: "running" },
    };
  }

  begin(event: Event): void {
    switch (event.kind) {
      case "wait":
        this.pass(event.seconds * 1000);
        return;
      case "activity":
        this.act(event.reportedAfterSeconds * 1000);
        return;
      case "cell":
        this.busyUntilMs = Math.max(this.busyUntilMs, this.trueMs + event.seconds * 1000);
        return;
      case "jump":
        this.jump(event.seconds * 1000);
        return;
      case "no-answer":
        this.silentUntilMs = this.trueMs + event.seconds * 1000;
        return;
      case "new-leader":
        this.memory = undefined;
        this.lastLookMs = null;
        this.leaderSinceMs = this.trueMs;
        return;
      case "extend":
        this.extend(event.seconds * 1000);
        return;
      case "restart":
        this.restart();
        return;
      case "meanwhile":
        this.meanwhile.push(event.what);
        return;
      default:
        event satisfies never;
    }
  }

  jump(ms: number): void {
    this.offsetMs += ms;
    this.jumped = true;
  }

  act(reportedAfterMs: number): void {
    if (this.row.desired === "stopped") return;
    this.activeMs = this.trueMs;
    this.reports.push({ dueMs: this.trueMs + reportedAfterMs, atMs: this.trueMs, generation: this.row.generation });
  }

  extend(ms: number): void {
    const stopAt = this.row.stopAt;
    const until = new Date(this.nowMs + ms);
    const stays = stopAt !== null && stopAt >= until;
    this.keptUntilMs = this.trueMs + ms;
    this.row = {
      ...this.row,
      keepUntil: until,
      stopAt: stays ? stopAt : null,
      stopWhy: stays ? this.row.stopWhy : null,
    };
  }

  restart(): void {
    this.row = this.freshRow(this.row.generation + 1);
    this.activeMs = this.trueMs;
    this.busyUntilMs = this.keptUntilMs = 0;
  }

  /** Time goes by in steps; reports arrive, the kernel works, the culler looks. */
  pass(ms: number): void {
    const untilMs = this.trueMs + ms;
    while (this.trueMs < untilMs) {
      this.trueMs = Math.min(untilMs, this.trueMs + 1000);
      if (this.trueMs <= this.busyUntilMs && this.row.desired === "running") this.activeMs = this.trueMs;
      for (const report of this.reports.splice(0)) {
        if (report.dueMs > this.trueMs) this.reports.push(report);
        else if (report.generation === this.row.generation)
          this.touch(new Date(this.nowMs - (this.trueMs - report.atMs)));
      }
      if (this.lastLookMs === null || this.trueMs - this.lastLookMs >= everyMs) this.look();
    }
  }

  /** As `touchServers`. */
  touch(at: Date): void {
    const last = this.row.lastActivityAt;
    if (last !== null && at <= last && last.getTime() <= this.nowMs) return;
    const off = this.row.stopWhy === "idle";
    this.row = { ...this.row, lastActivityAt: at, ...(off ? { stopAt: null, stopWhy: null } : {}) };
  }

  look(): void {
    const row = this.row;
    const sinceLastLookMs = this.lastLookMs === null ? null : this.trueMs - this.lastLookMs;
    const isContinuous = sinceLastLookMs !== null && sinceLastLookMs <= 2 * everyMs + 30_000;
    const moment: Moment = { nowMs: this.nowMs, monotonicMs: this.trueMs, sinceLastLookMs, isContinuous };
    this.lastLookMs = this.trueMs;
    if (row.desired === "stopped") return;
    const looked = remember(this.memory, row, moment);
    const answer = this.answer();
    const news = newsOf(answer, row, moment.nowMs);
    this.memory = withAnswer(
      news === null ? looked : remember(looked, { ...row, lastActivityAt: news }, moment),
      answer,
      moment,
    );
    const decision = decideCull({
      nowMs: moment.nowMs,
      activity: activityOf(this.memory, answer, idleSeconds, moment),
      ageMs: lastedMs(this.memory.age, moment),
      rule: { idleSeconds, maxAgeSeconds: null, quietHours: [] },
      quietWindow: null,
      keepUntilMs: row.keepUntil?.getTime() ?? null,
      announced: announcementOf(this.memory, moment),
      warnSeconds,
    });
    if (news !== null) this.touch(news);
    for (const what of this.meanwhile.splice(0)) this.interfere(what);
    this.carryOut(decision, moment, { ...row, lastActivityAt: news ?? row.lastActivityAt });
  }

  answer(): JupyterAnswer {
    if (this.trueMs <= this.silentUntilMs) return { kind: "no-answer" };
    if (this.trueMs <= this.busyUntilMs) return { kind: "busy" };
    return { kind: "quiet", activityAgeMs: this.busyUntilMs === 0 ? null : this.trueMs - this.busyUntilMs };
  }

  interfere(what: Extract<Event, { kind: "meanwhile" }>["what"]): void {
    if (what === "activity") {
      this.act(0);
      for (const report of this.reports.splice(0))
        if (report.generation === this.row.generation) this.touch(new Date(this.nowMs - (this.trueMs - report.atMs)));
    } else if (what === "extend") this.extend(1_000_000);
    else if (what === "restart") this.restart();
    else this.jump(86_400_000);
  }

  /** One update with what it was decided on in its WHERE. */
  carryOut(decision: CullDecision, moment: Moment, premise: Row): void {
    const now = this.row;
    const holds =
      now.desired === "running" &&
      now.generation === premise.generation &&
      now.runId === premise.runId &&
      now.lastActivityAt?.getTime() === premise.lastActivityAt?.getTime() &&
      now.keepUntil?.getTime() === premise.keepUntil?.getTime() &&
      now.stopAt?.getTime() === premise.stopAt?.getTime() &&
      now.stopWhy === premise.stopWhy;
    if (!holds || decision.do === "keep") return;
    if (decision.do === "clear-warning") this.row = { ...now, stopAt: null, stopWhy: null };
    else if (decision.do === "warn") {
      this.warnings++;
      this.row = { ...now, stopAt: new Date(decision.stopAtMs), stopWhy: decision.why };
      if (this.memory) this.memory = withAnnouncement(this.memory, decision, moment);
    } else this.stop();
  }

  stop(): void {
    const idleMs = this.trueMs - this.activeMs;
    // Reports may be half a minute on their way: what nobody could know by then isn't held against the culler.
    const onTheWay = this.reports.some(({ generation }) => generation === this.row.generation);
    if (!onTheWay) {
      expect(idleMs).toBeGreaterThanOrEqual(warnSeconds * 1000 - 1000);
      expect(this.trueMs - this.leaderSinceMs).toBeGreaterThanOrEqual(warnSeconds * 1000 - 1000);
      // A leader that came after a jump has only the wall clock's word for what was before it: then the warning is what protects.
      // What happened between two looks is known to their distance when the clock jumped there, and else to a few seconds.
      const toleranceMs = this.jumped ? everyMs + answerRoundingMs : answerRoundingMs;
      if (!this.jumped || this.watchedAllAlong) expect(idleMs).toBeGreaterThanOrEqual(idleSeconds * 1000 - toleranceMs);
      if (!this.jumped) expect(this.trueMs).toBeGreaterThanOrEqual(this.keptUntilMs - 1000);
    }
    expect(this.trueMs).toBeGreaterThan(this.busyUntilMs);
    expect(this.warnings).toBeGreaterThan(0);
    this.stops++;
    this.row = { ...this.row, desired: "stopped", stopAt: null, stopWhy: null };
  }
}

describe("the culler among everything that can happen", () => {
  test("R-07 F-29 10,000 interleavings with new activity and clock jumps: no active server is stopped", {
    timeout: 300_000,
  }, () => {
    let stops = 0;
    fc.assert(
      fc.property(fc.array(anyEvent, { minLength: 5, maxLength: 25 }), (events) => {
        const world = new World();
        for (const event of events) world.begin(event);
        stops += world.stops;
      }),
      { numRuns: 10_000 },
    );
    // It isn't harmless because it does nothing.
    expect(stops).toBeGreaterThan(500);
  });

  test("R-07 with one leader that watches all along, a server that is stopped was idle for its whole time by true time, jumps or not", {
    timeout: 300_000,
  }, () => {
    let stops = 0;
    fc.assert(
      fc.property(fc.array(anyEvent, { minLength: 5, maxLength: 25 }), (events) => {
        const world = new World();
        world.pass(everyMs);
        world.watchedAllAlong = true;
        for (const event of events) if (event.kind !== "new-leader") world.begin(event);
        stops += world.stops;
      }),
      { numRuns: 10_000 },
    );
    expect(stops).toBeGreaterThan(100);
  });
});
