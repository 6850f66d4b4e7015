import { announceBudgetStop, type BudgetCandidate, budgetCandidates, wishBudgetStop } from "#db/budget-stops.ts";
import { inTransaction } from "#db/client.ts";
import { notify } from "#db/stream.ts";
import { sumUsage, type Used } from "#db/usage.ts";
import { recordAudit } from "#server/audit/record.ts";
import { lastStopFor } from "#server/servers/last-stop.ts";
import type { VerbContext } from "#server/verb-context.ts";
import { type Spent, spentBudget, spentSentence } from "./budget.ts";
import { decideBudgetStop } from "./budget-stop.ts";

const everyMs = 60_000;
const dayMs = 86_400_000;

/**
 * Stops, with a warning, what runs on after its group's budget is spent, where the group says so. Every hub looks; what is done is
 * refused when it was done already, so that two do no harm.
 */
export class BudgetWatch {
  readonly #ctx: VerbContext;
  readonly #ended = new AbortController();
  /** Since when this hub has seen an announced stop, by the clock that doesn't jump. */
  readonly #seen = new Map<string, { readonly stopAtMs: number; readonly sinceMs: number }>();
  #loop: Promise<void> = Promise.resolve();

  constructor(ctx: VerbContext) {
    this.#ctx = ctx;
  }

  start(): void {
    this.#loop = this.#run();
  }

  async stop(): Promise<void> {
    this.#ended.abort(new Error("the hub ends"));
    await this.#loop;
  }

  async #run(): Promise<void> {
    const { clock, log } = this.#ctx;
    while (!this.#ended.signal.aborted) {
      await clock.sleep(everyMs, this.#ended.signal).catch(() => undefined);
      if (this.#ended.signal.aborted) return;
      await this.look().catch((error: unknown) =>
        log.warn({ err: error }, "a look at the budgets failed; the next one tries again"),
      );
    }
  }

  async look(): Promise<void> {
    const candidates = await budgetCandidates(this.#ctx.db);
    this.#remember(candidates);
    const sums = new Map<string, Promise<Used>>();
    for (const one of candidates) await this.#decide(one, sums);
  }

  #remember(candidates: readonly BudgetCandidate[]): void {
    const sinceMs = this.#ctx.clock.monotonicMs();
    const announced = new Map(
      candidates.flatMap(({ id, stopAt }) => (stopAt === null ? [] : [[id, stopAt.getTime()]])),
    );
    for (const [id, { stopAtMs }] of this.#seen) if (announced.get(id) !== stopAtMs) this.#seen.delete(id);
    for (const [id, stopAtMs] of announced) if (!this.#seen.has(id)) this.#seen.set(id, { stopAtMs, sinceMs });
  }

  async #decide(one: BudgetCandidate, sums: Map<string, Promise<Used>>): Promise<void> {
    const { clock, config } = this.#ctx;
    const spent = await this.#spentOf(one, sums);
    const seen = this.#seen.get(one.id);
    const decision = decideBudgetStop({
      isSpent: spent !== null,
      announced: one.stopAt === null ? null : { at: one.stopAt, why: one.stopWhy },
      seenForMs: seen === undefined ? 0 : clock.monotonicMs() - seen.sinceMs,
      now: clock.now(),
      warnSeconds: config.cull.warnSeconds,
    });
    if (decision.do === "warn") await this.#announce(one, decision.at);
    if (decision.do === "clear-warning") await this.#announce(one, null);
    if (decision.do === "stop" && spent !== null) await this.#stop(one, spent);
  }

  /** Each group's and member's sum is read once a look. */
  async #spentOf(one: BudgetCandidate, sums: Map<string, Promise<Used>>): Promise<Spent | null> {
    const { budget, groupId, userId } = one;
    if (budget === null || budget.whenSpent !== "stop") return null;
    const now = this.#ctx.clock.now();
    const window = { from: new Date(now.getTime() - budget.windowDays * dayMs), to: now };
    const sumOf = (key: string, of: { groupId: string; userId?: string }) => {
      const sum = sums.get(key) ?? sumUsage(this.#ctx.db, of, window);
      sums.set(key, sum);
      return sum;
    };
    const group = await sumOf(groupId, { groupId });
    const member = await sumOf(`${groupId} ${userId}`, { groupId, userId });
    return spentBudget(budget, { group, member }, { gpus: one.gpus });
  }

  async #announce(one: BudgetCandidate, at: Date | null): Promise<void> {
    await inTransaction(this.#ctx.db, async (tx) => {
      if (!(await announceBudgetStop(tx, one, at))) return;
      await notify(tx, `server:${one.id}`);
      await this.#ctx.changes.append(tx, [{ type: "server", serverId: one.id }]);
    });
  }

  async #stop(one: BudgetCandidate, spent: Spent): Promise<void> {
    const ctx = this.#ctx;
    await inTransaction(ctx.db, async (tx) => {
      const why = `${spentSentence(spent, one.groupName)} This server was stopped; your files are in your home.`;
      if (!(await wishBudgetStop(tx, one, lastStopFor("budget", "budget", ctx.clock.now(), why)))) return;
      await recordAudit(tx, ctx, {
        action: "server.stop-for-budget",
        target: `server:${one.id}`,
        detail: { user: one.ownerName, server: one.name, group: one.groupName, ...spent },
      });
      await notify(tx, `wish:${one.id}`);
      await notify(tx, `server:${one.id}`);
    });
  }
}
