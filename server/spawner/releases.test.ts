import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { step } from "./machine.ts";
import type { Seen, ServerState, Wish } from "./machine-state.ts";
import { isOver } from "./releases.ts";
import type { Observation } from "./spawner.ts";

const t0 = new Date("2026-01-01T00:00:00Z");
const limits = { startTimeoutSeconds: 300, httpTimeoutSeconds: 60 };
const target = { kind: "tcp", host: "10.0.0.1", port: 8888 } as const;

type Move = {
  readonly wish: "start" | "stop" | "restart" | "none";
  /** What becomes of the run meanwhile. */
  readonly world: "same" | "exits" | "removed" | "going";
  /** What the hub gets to know of it. */
  readonly sight: "live" | "cached" | "unknown" | "late" | "stale";
  readonly effect: "done" | "cut-off-before" | "cut-off-after";
  readonly answers: boolean;
  readonly seconds: number;
};
const move: fc.Arbitrary<Move> = fc.record({
  wish: fc.constantFrom("start", "stop", "restart", "none", "none"),
  world: fc.constantFrom("same", "same", "same", "exits", "removed", "going"),
  sight: fc.constantFrom("live", "live", "cached", "unknown", "late", "stale"),
  effect: fc.constantFrom("done", "done", "cut-off-before", "cut-off-after"),
  answers: fc.boolean(),
  seconds: fc.integer({ min: 0, max: 400 }),
});

type Run = { readonly generation: number; readonly observation: Exclude<Observation, { kind: "absent" }> };

/** A backend with one place for this server, the machine, and a reservation as the wish and the record handle it. */
class World {
  wish: Wish = { desired: "stopped", generation: 0, wishedAt: t0 };
  state: ServerState = { phase: "stopped" };
  stateGeneration = 0;
  run: Run | null = null;
  before: Run | null = null;
  reserved: number | null = null;
  now = t0;

  play(m: Move): void {
    this.now = new Date(this.now.getTime() + m.seconds * 1000);
    this.#ask(m.wish);
    this.before = this.run;
    this.#befall(m.world);
    this.look(this.#sight(m.sight), m);
  }

  #ask(wish: Move["wish"]): void {
    const underWay =
      this.wish.desired === "running" &&
      !(this.state.phase === "failed" && this.stateGeneration === this.wish.generation);
    const starts = (wish === "start" && !underWay) || (wish === "restart" && this.state.phase === "ready" && underWay);
    if (starts) {
      this.wish = { desired: "running", generation: this.wish.generation + 1, wishedAt: this.now };
      this.reserved = this.wish.generation;
    }
    if (wish === "stop") this.wish = { ...this.wish, desired: "stopped" };
  }

  #befall(world: Move["world"]): void {
    if (this.run === null || world === "same") return;
    const { runId } = this.run.observation;
    const failure = { reason: "crashed", publicMessage: "", detail: "" } as const;
    if (world === "removed") this.run = null;
    else if (world === "exits")
      this.run = { ...this.run, observation: { kind: "exited", runId, failure, at: this.now } };
    else this.run = { ...this.run, observation: { kind: "stopping", runId } };
  }

  /** A cache may tell of before; only what was read live counts as live. */
  #sight(sight: Move["sight"]): Seen {
    const shown = sight === "late" || sight === "stale" ? this.before : this.run;
    const observation: Observation | null = sight === "unknown" ? null : (shown?.observation ?? { kind: "absent" });
    const seenGeneration = shown?.generation ?? this.stateGeneration;
    return { observation, seenGeneration, live: sight === "live", stale: sight === "stale", slotFree: true };
  }

  look(seen: Seen, { effect, answers }: Pick<Move, "effect" | "answers">): void {
    const next = step({ ...this, seen, limits });
    const over = isOver(next, this.wish.generation, seen);
    this.state = next.state;
    this.stateGeneration = next.stateGeneration;
    if (over && this.reserved !== null && this.reserved <= this.wish.generation) this.reserved = null;
    if (effect === "cut-off-before") return;
    if (next.effect.do === "spawn" && this.run === null) this.#spawn(next.stateGeneration);
    if (next.effect.do === "stop" && this.run !== null && this.run.generation <= next.effect.generation)
      this.run = null;
    if (effect === "cut-off-after") return;
    if (next.effect.do === "spawn")
      this.state = { phase: "starting", since: this.now, runId: null, wait: null, clockFrom: this.now };
    if (next.effect.do === "probe" && answers)
      this.state = { phase: "ready", since: this.now, runId: next.effect.runId, target: next.effect.target };
  }

  #spawn(generation: number): void {
    const runId = `run-${generation}`;
    this.run = { generation, observation: { kind: "running", runId, target, since: this.now } };
  }
}

const moves = fc.array(move, { maxLength: 60 });

describe("a reservation, over any wishes, sightings, crashes and accidents", () => {
  test("is there whenever something of its server runs", () => {
    fc.assert(
      fc.property(moves, (list) => {
        const world = new World();
        for (const m of list) {
          world.play(m);
          if (world.run !== null) expect(world.reserved).not.toBeNull();
        }
      }),
      { numRuns: 4000 },
    );
  });

  test("is given back in the end, once the server is stopped or failed and the backend can be asked", () => {
    fc.assert(
      fc.property(moves, (list) => {
        const world = new World();
        for (const m of list) world.play(m);
        world.wish = { ...world.wish, desired: "stopped" };
        const calm = { wish: "none", world: "same", sight: "live", effect: "done", answers: true, seconds: 1 } as const;
        for (let n = 0; n < 8; n++) world.play(calm);
        expect({ phase: world.state.phase, run: world.run, reserved: world.reserved }).toEqual({
          phase: "stopped",
          run: null,
          reserved: null,
        });
      }),
      { numRuns: 2000 },
    );
  });

  test("isn't given back for a newer wish by a look that speaks of an older one", () => {
    const gone: Seen = { observation: { kind: "absent" }, seenGeneration: 1, live: true, stale: false, slotFree: true };
    expect(isOver({ state: { phase: "stopped" }, stateGeneration: 1 }, 2, gone)).toBe(false);
    expect(isOver({ state: { phase: "stopped" }, stateGeneration: 2 }, 2, { ...gone, live: false })).toBe(false);
    expect(isOver({ state: { phase: "stopped" }, stateGeneration: 2 }, 2, { ...gone, observation: null })).toBe(false);
    expect(isOver({ state: { phase: "stopped" }, stateGeneration: 2 }, 2, gone)).toBe(true);
  });
});
