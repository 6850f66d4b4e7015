import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { step } from "./machine.ts";
import type { Seen, ServerState, Situation, Step, Wish } from "./machine-state.ts";
import type { Observation, Target, WaitPhase } from "./spawner.ts";

const t0 = new Date("2026-01-01T00:00:00Z");
const later = (seconds: number) => new Date(t0.getTime() + seconds * 1000);
const target: Target = { kind: "tcp", host: "10.0.0.1", port: 8888 };
const limits = { startTimeoutSeconds: 300, httpTimeoutSeconds: 60 };

const absent: Observation = { kind: "absent" };
const running: Observation = { kind: "running", runId: "a", target, since: t0 };
const waiting = (phase: WaitPhase, runId = "a"): Observation => ({ kind: "waiting", runId, phase, detail: "" });
const exited: Observation = {
  kind: "exited",
  runId: "a",
  at: t0,
  failure: { reason: "crashed", publicMessage: "It ended.", detail: "1" },
};
const going: Observation = { kind: "stopping", runId: "a" };

const stopped: ServerState = { phase: "stopped" };
const queued: ServerState = { phase: "queued", since: t0 };
const spawning: ServerState = { phase: "spawning", since: t0 };
const starting: ServerState = { phase: "starting", since: t0, runId: "a", wait: "scheduling", clockFrom: t0 };
const ready: ServerState = { phase: "ready", since: t0, runId: "a", target };
const stopping: ServerState = { phase: "stopping", since: t0, runId: "a" };
const failed: ServerState = {
  phase: "failed",
  since: t0,
  failure: { reason: "crashed", publicMessage: "", detail: "" },
};

type Given = {
  state: ServerState;
  desired?: Wish["desired"];
  generation?: number;
  stateGeneration?: number;
  seen?: Partial<Seen>;
  now?: Date;
};

function given(g: Given): Situation {
  return {
    wish: { desired: g.desired ?? "running", generation: g.generation ?? 1, wishedAt: t0 },
    state: g.state,
    stateGeneration: g.stateGeneration ?? 1,
    seen: { observation: absent, seenGeneration: 1, live: true, stale: false, slotFree: true, ...g.seen },
    limits,
    now: g.now ?? later(1),
  };
}

const outcome = (s: Step) => `${s.state.phase}/${s.effect.do}`;

describe("what a server does next", () => {
  const rows: [title: string, given: Given, expected: string][] = [
    ["a new wish with a free place is spawned", { state: stopped, stateGeneration: 0 }, "spawning/spawn"],
    [
      "a new wish without a free place waits in the queue",
      { state: stopped, stateGeneration: 0, seen: { slotFree: false } },
      "queued/wait",
    ],
    ["a queued server whose turn it is gets spawned", { state: queued }, "spawning/spawn"],
    [
      "nothing is spawned beside a run of an older generation",
      { state: queued, generation: 2, stateGeneration: 2, seen: { observation: running, seenGeneration: 1 } },
      "queued/stop",
    ],
    [
      "F-04: a start that nobody can be asked about waits in the queue",
      { state: queued, seen: { stale: true, live: false } },
      "queued/look",
    ],
    [
      "F-01: a spawn that outlived its time while no hub led is asked for once more",
      { state: spawning, seen: { observation: null, live: false }, now: later(400) },
      "spawning/spawn",
    ],
    [
      "F-04: a spawn that the backend's absence cut off goes back into the queue",
      { state: spawning, seen: { stale: true, live: false }, now: later(400) },
      "queued/look",
    ],
    ["nothing is spawned while it is unknown what runs", { state: queued, seen: { observation: null } }, "queued/look"],
    [
      "a spawn that a crash cut off is asked for again",
      { state: spawning, seen: { observation: waiting("starting") } },
      "spawning/spawn",
    ],
    [
      "a server that waits for a machine goes on waiting",
      { state: starting, seen: { observation: waiting("scheduling") } },
      "starting/wait",
    ],
    [
      "a running process is asked whether it answers",
      { state: starting, seen: { observation: running } },
      "starting/probe",
    ],
    [
      "a process that ended while starting is a failure, and is cleaned up",
      { state: starting, seen: { observation: exited } },
      "failed/stop",
    ],
    [
      "an absence that only the cache reports is looked at live first",
      { state: starting, seen: { observation: absent, live: false } },
      "starting/look",
    ],
    [
      "a start whose object was deleted from outside failed",
      { state: starting, seen: { observation: absent, live: true } },
      "failed/stop",
    ],
    ["a ready server that runs stays as it is", { state: ready, seen: { observation: running } }, "ready/wait"],
    [
      "F-04: a ready server nothing is known of stays ready",
      { state: ready, seen: { observation: null } },
      "ready/wait",
    ],
    [
      "a ready server that only the cache misses is looked at live first",
      { state: ready, seen: { observation: absent, live: false } },
      "ready/look",
    ],
    [
      "F-25: a ready server that is certainly gone has failed",
      { state: ready, seen: { observation: absent, live: true } },
      "failed/stop",
    ],
    [
      "F-25: a ready server whose process ended has failed",
      { state: ready, seen: { observation: exited } },
      "failed/stop",
    ],
    [
      "a ready server that is being deleted from outside has failed at once",
      { state: ready, seen: { observation: going } },
      "failed/stop",
    ],
    [
      "S-60: a ready server whose address changed under the same run is asked anew before anybody is led there",
      { state: ready, seen: { observation: { ...running, target: { ...target, host: "10.0.0.2" } } } },
      "starting/probe",
    ],
    [
      "S-60: a ready server whose program isn't there any more leads nowhere until it has answered again",
      { state: ready, seen: { observation: waiting("starting") } },
      "starting/wait",
    ],
    [
      "S-60: a ready server in whose place another run waits has failed",
      { state: ready, seen: { observation: waiting("starting", "b") } },
      "failed/stop",
    ],
    [
      "a ready server that an old view says is still starting is looked at live first",
      { state: ready, seen: { observation: waiting("starting"), live: false } },
      "ready/look",
    ],
    [
      "a ready server that is not wished any more is stopped",
      { state: ready, desired: "stopped", seen: { observation: running } },
      "stopping/stop",
    ],
    [
      "a start that is cancelled is stopped",
      { state: starting, desired: "stopped", seen: { observation: waiting("pulling") } },
      "stopping/stop",
    ],
    [
      "a spawn that is cancelled is stopped although nothing was seen of it",
      { state: spawning, desired: "stopped" },
      "stopping/stop",
    ],
    [
      "a queued server that is not wished any more is simply stopped",
      { state: queued, desired: "stopped" },
      "stopped/wait",
    ],
    [
      "a stop that is under way is asked for again while something is left",
      { state: stopping, desired: "stopped", seen: { observation: going } },
      "stopping/stop",
    ],
    [
      "a stop is over only after a live look",
      { state: stopping, desired: "stopped", seen: { observation: absent, live: false } },
      "stopping/look",
    ],
    ["a stop is over when nothing is left", { state: stopping, desired: "stopped" }, "stopped/wait"],
    [
      "a restart stops the old run first",
      { state: ready, generation: 2, seen: { observation: running } },
      "stopping/stop",
    ],
    [
      "R-05: a start while stopping comes after the stop",
      { state: stopping, generation: 2, seen: { observation: going } },
      "stopping/stop",
    ],
    ["R-05: once the old run is gone the new one is queued", { state: stopping, generation: 2 }, "queued/wait"],
    ["a failed server is not started again by itself", { state: failed }, "failed/wait"],
    ["a failed server leaves nothing behind", { state: failed, seen: { observation: exited } }, "failed/stop"],
    ["a failed server that is asked for again is spawned", { state: failed, generation: 2 }, "spawning/spawn"],
    ["a failed server that is dismissed is stopped", { state: failed, desired: "stopped" }, "stopped/wait"],
    [
      "something that runs for a stopped server is stopped",
      { state: stopped, desired: "stopped", seen: { observation: running } },
      "stopped/stop",
    ],
  ];
  test.each(rows)("%s", (_title, g, expected) => {
    expect(outcome(step(given(g)))).toBe(expected);
  });
});

describe("timeouts", () => {
  test("a server no machine can hold fails at the start timeout, as unschedulable", () => {
    const over = step(given({ state: starting, seen: { observation: waiting("scheduling") }, now: later(300) }));
    expect(over.state).toMatchObject({ phase: "failed", failure: { reason: "unschedulable" } });
  });

  test("a backend that asks for one more try for ever is a failed start", () => {
    expect(outcome(step(given({ state: spawning, now: later(299) })))).toBe("spawning/spawn");
    const over = step(given({ state: spawning, now: later(300) }));
    expect(over.state).toMatchObject({ phase: "failed", failure: { reason: "timeout" } });
  });

  test("F-20: a slow pull is no failure, and the clock runs from its end", () => {
    const pulling = step(given({ state: starting, seen: { observation: waiting("pulling") }, now: later(10_000) }));
    expect(outcome(pulling)).toBe("starting/wait");
    const pulled = step(
      given({ state: pulling.state, seen: { observation: waiting("starting") }, now: later(10_299) }),
    );
    expect(outcome(pulled)).toBe("starting/wait");
    const late = step(given({ state: pulled.state, seen: { observation: waiting("starting") }, now: later(10_599) }));
    expect(late.state).toMatchObject({ phase: "failed", failure: { reason: "timeout" } });
  });

  test("F-20: a pull of many looks stops the clock until its last", () => {
    const began = step(given({ state: starting, seen: { observation: waiting("pulling") }, now: later(1) }));
    const still = step(given({ state: began.state, seen: { observation: waiting("pulling") }, now: later(5000) }));
    const over = step(given({ state: still.state, seen: { observation: waiting("starting") }, now: later(5001) }));
    expect(outcome(over)).toBe("starting/wait");
  });

  test("F-04: the clocks of a start and of a stop stand still while nobody can tell, and run from the return", () => {
    const away = { stale: true, live: false };
    const start = step(
      given({ state: starting, seen: { ...away, observation: waiting("starting") }, now: later(600) }),
    );
    const known = { observation: waiting("starting") };
    expect(outcome(start)).toBe("starting/look");
    expect(outcome(step(given({ state: start.state, seen: known, now: later(899) })))).toBe("starting/wait");
    expect(step(given({ state: start.state, seen: known, now: later(900) })).state.phase).toBe("failed");
    const stop = step(
      given({ state: stopping, desired: "stopped", seen: { ...away, observation: running }, now: later(900) }),
    );
    const back = { state: stop.state, desired: "stopped", seen: { observation: running } } as const;
    expect(outcome(stop)).toBe("stopping/look");
    expect(outcome(step(given({ ...back, now: later(1499) })))).toBe("stopping/stop");
    expect(outcome(step(given({ ...back, now: later(1500) })))).toBe("failed/stop");
  });

  test("a server that runs has the http timeout to answer, from when it began to run", () => {
    const seen: Observation = { ...running, since: later(200) };
    const probing = step(given({ state: starting, seen: { observation: seen }, now: later(201) }));
    expect(probing.effect).toMatchObject({ do: "probe", deadline: later(260) });
  });
});

describe("R-05: a stop that doesn't end", () => {
  const lateStop = () =>
    step(given({ state: stopping, desired: "stopped", seen: { observation: going }, now: later(600) }));

  test("is said after ten minutes, and is asked for again and again", () => {
    const soon = step(given({ state: stopping, desired: "stopped", seen: { observation: going }, now: later(599) }));
    expect(outcome(soon)).toBe("stopping/stop");
    expect(lateStop().state).toMatchObject({ phase: "failed", failure: { reason: "not-stopping" } });
    expect(lateStop().effect.do).toBe("stop");
  });

  test.each(["stopped", "running"] as const)(
    "is never called stopped, nor started beside, while %s is wished",
    (desired) => {
      const { state } = lateStop();
      const again = { state, desired, generation: desired === "running" ? 2 : 1, now: later(900) };
      expect(outcome(step(given({ ...again, seen: { observation: going } })))).toBe("failed/stop");
      expect(outcome(step(given({ ...again, seen: { observation: null } })))).toBe("failed/look");
      expect(outcome(step(given({ ...again, seen: { observation: absent, live: false } })))).toBe("failed/look");
    },
  );

  test("ends with the run: stopped, or the start that was asked for meanwhile", () => {
    const { state } = lateStop();
    expect(outcome(step(given({ state, desired: "stopped" })))).toBe("stopped/wait");
    expect(outcome(step(given({ state, generation: 2 })))).toBe("queued/wait");
  });

  test("isn't late while nobody can tell what runs", () => {
    const seen = { observation: null };
    expect(outcome(step(given({ state: stopping, desired: "stopped", seen, now: later(6000) })))).toBe("stopping/look");
  });
});

describe("for any sequence of wishes and sightings", () => {
  const observation = fc.constantFrom<Observation | null>(
    null,
    absent,
    running,
    exited,
    going,
    waiting("scheduling"),
    waiting("pulling"),
  );
  const input = fc.record({
    wish: fc.constantFrom("start", "stop", "none"),
    observation,
    live: fc.boolean(),
    stale: fc.boolean(),
    slotFree: fc.boolean(),
    seconds: fc.integer({ min: 0, max: 400 }),
    outcome: fc.constantFrom("started", "retry", "answered", "silent"),
  });

  /** Plays the reconciler: applies what a step leads to, with any outcome of its effect. */
  function play(
    inputs: readonly (typeof input extends fc.Arbitrary<infer T> ? T : never)[],
    check: (s: Situation, next: Step) => void,
  ) {
    let wish: Wish = { desired: "stopped", generation: 0, wishedAt: t0 };
    let state: ServerState = stopped;
    let stateGeneration = 0;
    let now = t0;
    for (const i of inputs) {
      now = new Date(now.getTime() + i.seconds * 1000);
      if (i.wish === "start" && (wish.desired === "stopped" || state.phase === "failed"))
        wish = { desired: "running", generation: wish.generation + 1, wishedAt: now };
      if (i.wish === "stop") wish = { ...wish, desired: "stopped" };
      const seen: Seen = {
        observation: i.observation,
        seenGeneration: stateGeneration,
        live: i.live && !i.stale,
        stale: i.stale,
        slotFree: i.slotFree,
      };
      const situation: Situation = { wish, state, stateGeneration, seen, limits, now };
      const next = step(situation);
      check(situation, next);
      state = next.state;
      stateGeneration = next.stateGeneration;
      if (next.effect.do === "spawn" && i.outcome === "started")
        state = { phase: "starting", since: now, runId: null, wait: null, clockFrom: now };
      if (next.effect.do === "probe" && i.outcome === "answered")
        state = { phase: "ready", since: now, runId: next.effect.runId, target: next.effect.target };
    }
  }

  const property = (check: (s: Situation, next: Step) => void) =>
    fc.assert(
      fc.property(fc.array(input, { maxLength: 40 }), (inputs) => play(inputs, check)),
      { numRuns: 2000 },
    );

  test("nothing is spawned that nobody wishes", () => {
    property((s, next) => {
      if (next.effect.do === "spawn") expect(s.wish.desired).toBe("running");
    });
  });

  test("F-04: while nobody can tell what runs nothing is spawned, and nothing fails but what is known to have ended", () => {
    property((s, next) => {
      if (!s.seen.stale) return;
      expect(next.effect.do).not.toBe("spawn");
      if (s.state.phase !== "failed" && s.seen.observation?.kind !== "exited")
        expect(next.state.phase).not.toBe("failed");
    });
  });

  test("an unknown sighting ends nothing that runs", () => {
    property((s, next) => {
      if (s.seen.observation !== null || s.wish.desired === "stopped" || s.stateGeneration < s.wish.generation) return;
      if (s.state.phase === "ready" || s.state.phase === "starting") expect(next.state.phase).toBe(s.state.phase);
    });
  });

  test("only a live look or an exit turns ready into failed", () => {
    property((s, next) => {
      if (s.state.phase === "ready" && next.state.phase === "failed")
        expect(s.seen.live || s.seen.observation?.kind === "exited").toBe(true);
    });
  });

  test("S-60: ready means that the run on record answers at the address on record", () => {
    property((s, next) => {
      const { observation, live } = s.seen;
      if (next.state.phase !== "ready" || observation === null || !live) return;
      expect(observation).toMatchObject({ kind: "running", runId: next.state.runId, target: next.state.target });
    });
  });

  test("a stop never becomes a run without a new wish", () => {
    property((s, next) => {
      if (s.wish.desired === "stopped") expect(["spawning", "starting", "ready"]).not.toContain(next.state.phase);
    });
  });

  test("left alone with a certain sighting, every server comes to rest", () => {
    property((s) => {
      let situation = s;
      for (let n = 0; n < 12; n++) {
        const next = step({
          ...situation,
          seen: {
            observation: absent,
            seenGeneration: situation.stateGeneration,
            live: true,
            stale: false,
            slotFree: false,
          },
        });
        situation = { ...situation, state: next.state, stateGeneration: next.stateGeneration };
      }
      const resting = situation.wish.desired === "stopped" ? ["stopped"] : ["queued", "failed", "spawning", "stopped"];
      expect(resting).toContain(situation.state.phase);
    });
  });
});
