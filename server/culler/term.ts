import { type CullCandidate, cullCandidates } from "#db/culling.ts";
import type { Config } from "#server/config/schema.ts";
import { listedProfiles } from "#server/profiles/catalogue.ts";
import { touchInTime } from "#server/servers/record-activity.ts";
import { Turns } from "#server/turns.ts";
import type { VerbContext } from "#server/verb-context.ts";
import { askJupyter, type JupyterAnswer } from "./ask-jupyter.ts";
import { announce, cullServer, type Decided } from "./carry-out.ts";
import { type CullDecision, cullReasons, decideCull, warningMs } from "./cull.ts";
import {
  activityOf,
  announcementOf,
  jupyterQuestion,
  type Memory,
  newsOf,
  remember,
  withAnnouncement,
  withAnswer,
} from "./look.ts";
import { type QuietWindow, quietWindows, windowFor } from "./quiet-hours.ts";
import { type EffectiveRule, effectiveRule, type ProfileCull } from "./rule.ts";
import { lastedMs, type Moment } from "./steady.ts";

/** L-12: a backend that is told to stop hundreds at once has nothing left for those who start. */
const betweenStopsMs = 100;
const soonestMs = 1000;
const missedLookMs = 30_000;

/** One leadership of the culler. */
export class CullTerm {
  readonly #ctx: VerbContext;
  readonly #epoch: number;
  readonly #signal: AbortSignal;
  readonly #turns: Turns;
  /** Of the configuration at the last look. */
  #profiles: ReadonlyMap<string, ProfileCull> = new Map();
  #memories: Map<string, Memory> = new Map();
  readonly #windows = new Map<string, readonly QuietWindow[]>();
  #lastLookMs: number | null = null;

  constructor(ctx: VerbContext, epoch: number, signal: AbortSignal) {
    this.#ctx = ctx;
    this.#epoch = epoch;
    this.#signal = signal;
    this.#turns = new Turns(ctx.config.cull.concurrency);
  }

  async run(): Promise<void> {
    const { clock, log } = this.#ctx;
    while (!this.#signal.aborted) {
      const nextMs = await this.look().catch((error: unknown) => {
        if (!this.#signal.aborted) log.warn({ err: error }, "the culler's look failed; the next one tries again");
        return null;
      });
      const pauseMs = Math.min(
        this.#ctx.config.cull.every * 1000,
        Math.max(soonestMs, nextMs ?? Number.POSITIVE_INFINITY),
      );
      await clock.sleep(pauseMs, this.#signal).catch(() => undefined);
    }
  }

  /** One look at all. Returns in how many milliseconds the next announced stop is due; `null` when there is none. */
  async look(): Promise<number | null> {
    const moment = this.#moment();
    // A stop that somebody else announced (a spent budget) is theirs to carry out or take back.
    const rows = (await cullCandidates(this.#ctx.db)).filter(isOurs);
    this.#windows.clear();
    this.#profiles = profileRules(this.#ctx.config);
    const decided = await Promise.all(rows.map(async (row) => await this.#judge(row, moment)));
    this.#memories = new Map(decided.map(({ row, memory }) => [row.id, memory]));
    this.#lastLookMs = moment.monotonicMs;
    await this.#record(decided);
    for (const one of decided) await this.#carryOut(one, moment);
    return soonest(decided, moment.nowMs);
  }

  async #judge(row: CullCandidate, moment: Moment): Promise<Decided & { readonly memory: Memory }> {
    const rule = this.#ruleFor(row);
    const looked = remember(this.#memories.get(row.id), row, moment);
    const answer = await this.#ask(row, looked, rule, moment);
    const news = answer === "not-asked" ? null : newsOf(answer, row, this.#ctx.clock.now().getTime());
    const known = news === null ? looked : remember(looked, { ...row, lastActivityAt: news }, moment);
    const memory = withAnswer(known, answer, moment);
    const decision = decideCull({
      nowMs: moment.nowMs,
      activity: activityOf(memory, answer, rule.idleSeconds, moment),
      ageMs: lastedMs(memory.age, moment),
      rule,
      quietWindow: this.#quietWindowOf(rule, row.readyAt.getTime(), moment),
      keepUntilMs: row.keepUntil?.getTime() ?? null,
      announced: announcementOf(memory, moment),
      warnSeconds: this.#ctx.config.cull.warnSeconds,
    });
    return { row, rule, news, idleMs: lastedMs(memory.idle, moment), decision, memory };
  }

  /** Worked out once a look for all servers of a rule. */
  #quietWindowOf({ quietHours }: EffectiveRule, readyAtMs: number, { nowMs }: Moment): QuietWindow | null {
    if (quietHours.length === 0) return null;
    const key = JSON.stringify(quietHours);
    const windows = this.#windows.get(key) ?? quietWindows(quietHours, nowMs);
    this.#windows.set(key, windows);
    return windowFor(windows, readyAtMs);
  }

  #moment(): Moment {
    const { clock, config } = this.#ctx;
    const monotonicMs = clock.monotonicMs();
    const sinceLastLookMs = this.#lastLookMs === null ? null : monotonicMs - this.#lastLookMs;
    const longestGapMs = 2 * config.cull.every * 1000 + missedLookMs;
    const isContinuous = sinceLastLookMs !== null && sinceLastLookMs <= longestGapMs;
    return { nowMs: clock.now().getTime(), monotonicMs, sinceLastLookMs, isContinuous };
  }

  #ruleFor({ profileSlug, groupCull, userCull }: CullCandidate): EffectiveRule {
    const profile = this.#profiles.get(profileSlug ?? "") ?? null;
    return effectiveRule({ cull: this.#ctx.config.cull, profile, group: groupCull, user: userCull });
  }

  /** Only a server whose warning may be due before the next look is asked: the others are active by what the edges saw. */
  async #ask(
    row: CullCandidate,
    memory: Memory,
    { idleSeconds }: EffectiveRule,
    moment: Moment,
  ): Promise<JupyterAnswer | "not-asked"> {
    const question = jupyterQuestion(row);
    if (question === null || idleSeconds === null) return "not-asked";
    const { warnSeconds, every } = this.#ctx.config.cull;
    const leftMs = idleSeconds * 1000 - lastedMs(memory.idle, moment);
    if (leftMs > warningMs(warnSeconds, idleSeconds) + every * 1000) return "not-asked";
    return await this.#turns.take(() => askJupyter(question, moment.nowMs, this.#signal));
  }

  /** What the servers said of themselves becomes their activity, before anything is decided by the database. */
  async #record(decided: readonly Decided[]): Promise<void> {
    const seen = decided.flatMap(({ row, news }) =>
      news === null ? [] : [{ serverId: row.id, runId: row.runId, at: news }],
    );
    if (seen.length === 0) return;
    await touchInTime(this.#ctx.db, seen, this.#ctx.clock.now());
  }

  async #carryOut(one: Decided, moment: Moment): Promise<void> {
    if (this.#signal.aborted) return;
    const { clock, log } = this.#ctx;
    const isDone = await carryOutOne(this.#ctx, one, this.#epoch).catch((error: unknown) =>
      log.warn(
        { err: error, serverId: one.row.id },
        "a decision of the culler was not carried out; the next look tries again",
      ),
    );
    const memory = this.#memories.get(one.row.id);
    if (isDone && memory && one.decision.do === "warn")
      this.#memories.set(one.row.id, withAnnouncement(memory, one.decision, moment));
    if (one.decision.do === "stop") await clock.sleep(betweenStopsMs, this.#signal).catch(() => undefined);
  }
}

/** False: what it was decided on is no longer so, and nothing was done. */
async function carryOutOne(ctx: VerbContext, one: Decided, epoch: number): Promise<boolean> {
  const { decision } = one;
  switch (decision.do) {
    case "keep":
      return true;
    case "warn":
      return await announce(ctx, one, epoch, { at: new Date(decision.stopAtMs), why: decision.why });
    case "clear-warning":
      return await announce(ctx, one, epoch, null);
    case "stop":
      return await cullServer(ctx, one, epoch, decision.why);
    default:
      return decision satisfies never;
  }
}

function isOurs({ stopWhy }: CullCandidate): boolean {
  return stopWhy === null || cullReasons.some((reason) => reason === stopWhy);
}

function soonest(decided: readonly Decided[], nowMs: number): number | null {
  const due = decided.flatMap(({ row, decision }) => stopAtOf(row, decision));
  return due.length === 0 ? null : Math.min(...due) - nowMs;
}

function stopAtOf(row: CullCandidate, decision: CullDecision): number[] {
  if (decision.do === "warn") return [decision.stopAtMs];
  return decision.do === "keep" && row.stopAt !== null ? [row.stopAt.getTime()] : [];
}

function profileRules(config: Config): ReadonlyMap<string, ProfileCull> {
  return new Map(listedProfiles(config).flatMap(({ slug, cull }) => (cull ? [[slug, cull]] : [])));
}
