import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Observation, ServerRef, Sighting, Spawner, SpawnOrder } from "#server/spawner/spawner.ts";

/** What a server does once its backend let it. */
export type Behaviour = "serves" | "exits-with-3" | "outgrows-its-memory";

/** One backend under test, with what the suite needs to see and do behind the spawner's back. */
export type SpawnerHarness = {
  readonly spawner: Spawner;
  /** Another spawner on the same backend: a hub that was started again, or a second one beside the first. */
  another(): Spawner;
  order(behaviour: Behaviour, generation?: number): SpawnOrder;
  /** Runs of this server that the backend itself has, whatever the spawner thinks. */
  runsOf(ref: ServerRef): Promise<readonly string[]>;
  /** The secret that run was given, read from the backend. */
  secretOf(ref: ServerRef): Promise<string>;
  /** Until the program in the server does its work: a process that is only just starting can't be counted or asked. */
  serving(ref: ServerRef): Promise<void>;
  /** Ends the run from outside. */
  kill(ref: ServerRef): Promise<void>;
  /** The spawner can't see its backend until the returned function is called. */
  blind(): Promise<() => Promise<void>>;
  close(): Promise<void>;
};

const contractTests = [
  "start is idempotent: asked twice, one generation runs once",
  "R-01: two spawners that start one server at once make one run",
  "R-01: a second start of a generation whose run is over starts nothing",
  "stop ends the run and all that belongs to it; stopping what is gone is success",
  "R-05: a stop of generation n never ends generation n+1",
  "R-05: a start of an older generation is refused, and the newer one goes on",
  "R-05: a stop that comes while the start is under way leaves nothing behind",
  "a newer generation takes the place of an older one",
  "F-01: a new spawner finds the very runs of the one before it",
  "what a server printed can be read, also when it has ended",
  "F-25: a command that exits is reported with its exit code",
  "F-25: a server that outgrows its memory is reported with its limit",
  "F-25: the watch sees a start, the end of a run, and its deletion",
  "every start has a secret of its own",
  "blind, it says so, and calls nothing stopped",
] as const;
type ContractTest = (typeof contractTests)[number];

type Suite = {
  readonly name: string;
  make(): Promise<SpawnerHarness>;
  readonly skip?: readonly { readonly test: ContractTest; readonly reason: string }[];
};

const never = new AbortController().signal;
const waitMs = 15_000;

/** What every backend must do. What one can't be asked is named with its reason, and stands in the report as skipped. */
export function spawnerContract({ name, make, skip = [] }: Suite): void {
  describe(`spawner contract: ${name}`, () => {
    let harness: SpawnerHarness;
    beforeEach(async () => {
      harness = await make();
    });
    afterEach(async () => {
      await harness.close();
    });

    const bodies: Record<ContractTest, () => Promise<void>> = {
      "start is idempotent: asked twice, one generation runs once": () => startsOnce(harness),
      "R-01: two spawners that start one server at once make one run": () => twoAtOnce(harness),
      "R-01: a second start of a generation whose run is over starts nothing": () => noSecondRun(harness),
      "stop ends the run and all that belongs to it; stopping what is gone is success": () => stops(harness),
      "R-05: a stop of generation n never ends generation n+1": () => stopSparesNewer(harness),
      "R-05: a start of an older generation is refused, and the newer one goes on": () => olderIsRefused(harness),
      "R-05: a stop that comes while the start is under way leaves nothing behind": () => stopDuringStart(harness),
      "a newer generation takes the place of an older one": () => newerReplaces(harness),
      "F-01: a new spawner finds the very runs of the one before it": () => adopts(harness),
      "what a server printed can be read, also when it has ended": () => logs(harness),
      "F-25: a command that exits is reported with its exit code": () => crashes(harness),
      "F-25: a server that outgrows its memory is reported with its limit": () => outgrows(harness),
      "F-25: the watch sees a start, the end of a run, and its deletion": () => watches(harness),
      "every start has a secret of its own": () => secretsDiffer(harness),
      "blind, it says so, and calls nothing stopped": () => saysItIsBlind(harness),
    };
    for (const title of contractTests) {
      const reason = skip.find((one) => one.test === title)?.reason;
      if (reason === undefined) test(title, bodies[title], 40_000);
      else test.skip(`${title} (${reason})`);
    }
  });
}

async function startsOnce({ spawner, order, runsOf, serving }: SpawnerHarness): Promise<void> {
  const wanted = order("serves");
  expect((await spawner.start(wanted, never)).kind).toBe("started");
  const first = await untilKind(spawner, wanted.ref, "running");
  expect((await spawner.start(wanted, never)).kind).toBe("started");
  expect(await untilKind(spawner, wanted.ref, "running")).toEqual(first);
  await serving(wanted.ref);
  expect(await runsOf(wanted.ref)).toHaveLength(1);
}

async function twoAtOnce({ spawner, another, order, runsOf, serving }: SpawnerHarness): Promise<void> {
  const wanted = order("serves");
  const both = [spawner, another(), another()];
  await Promise.all(both.map((one) => startUntilStarted(one, wanted)));
  const seen = await Promise.all(both.map((one) => untilKind(one, wanted.ref, "running")));
  expect(new Set(seen.map(({ runId }) => runId)).size).toBe(1);
  await serving(wanted.ref);
  expect(await runsOf(wanted.ref)).toHaveLength(1);
}

async function noSecondRun({ spawner, another, order, runsOf }: SpawnerHarness): Promise<void> {
  const wanted = order("exits-with-3");
  await startUntilStarted(spawner, wanted);
  const first = await untilKind(spawner, wanted.ref, "exited");
  expect((await another().start(wanted, never)).kind).toBe("started");
  expect(await untilKind(spawner, wanted.ref, "exited")).toEqual(first);
  expect((await runsOf(wanted.ref)).length).toBeLessThanOrEqual(1);
}

async function stops({ spawner, order, runsOf, serving }: SpawnerHarness): Promise<void> {
  const wanted = order("serves");
  await startUntilStarted(spawner, wanted);
  await untilKind(spawner, wanted.ref, "running");
  await serving(wanted.ref);
  await stopUntilGone(spawner, wanted.ref);
  expect(await runsOf(wanted.ref)).toHaveLength(0);
  expect(await spawner.observe(wanted.ref, never)).toEqual({ kind: "absent" });
  expect(await spawner.stop(wanted.ref, never)).toEqual({ kind: "gone" });
}

async function stopSparesNewer({ spawner, order, runsOf, serving }: SpawnerHarness): Promise<void> {
  const older = order("serves", 4);
  const newer = order("serves", 5);
  await startUntilStarted(spawner, newer);
  const before = await untilKind(spawner, newer.ref, "running");
  expect(await spawner.stop(older.ref, never)).toEqual({ kind: "gone" });
  expect(await spawner.observe(newer.ref, never)).toEqual(before);
  await serving(newer.ref);
  expect(await runsOf(newer.ref)).toHaveLength(1);
}

async function olderIsRefused({ spawner, order }: SpawnerHarness): Promise<void> {
  const newer = order("serves", 5);
  await startUntilStarted(spawner, newer);
  const before = await untilKind(spawner, newer.ref, "running");
  const outcome = await spawner.start(order("serves", 4), never);
  expect(outcome.kind).not.toBe("started");
  expect(await spawner.observe(newer.ref, never)).toEqual(before);
}

async function stopDuringStart({ spawner, another, order, runsOf }: SpawnerHarness): Promise<void> {
  const wanted = order("serves");
  const starting = spawner.start(wanted, never);
  await stopUntilGone(another(), wanted.ref);
  await starting;
  await stopUntilGone(another(), wanted.ref);
  expect(await runsOf(wanted.ref)).toHaveLength(0);
  expect(await spawner.observe(wanted.ref, never)).toEqual({ kind: "absent" });
}

async function newerReplaces({ spawner, order, runsOf, serving }: SpawnerHarness): Promise<void> {
  const older = order("serves", 1);
  const newer = order("serves", 2);
  await startUntilStarted(spawner, older);
  const before = await untilKind(spawner, older.ref, "running");
  await stopUntilGone(spawner, older.ref);
  await startUntilStarted(spawner, newer);
  const after = await untilKind(spawner, newer.ref, "running");
  expect(after.runId).not.toBe(before.runId);
  await serving(newer.ref);
  expect(await runsOf(newer.ref)).toHaveLength(1);
}

async function adopts({ spawner, another, order }: SpawnerHarness): Promise<void> {
  const wanted = order("serves");
  await startUntilStarted(spawner, wanted);
  const before = await untilKind(spawner, wanted.ref, "running");
  const next = another();
  const all = await next.observeAll(never);
  expect(all.map(({ ref }) => ref)).toEqual([{ ...wanted.ref, runId: before.runId }]);
  expect(all[0]?.observation).toEqual(before);
  await stopUntilGone(next, wanted.ref);
  expect(await next.observeAll(never)).toEqual([]);
}

async function logs({ spawner, order }: SpawnerHarness): Promise<void> {
  const wanted = order("exits-with-3");
  expect(await spawner.logTail(wanted.ref, 5)).toEqual([]);
  await startUntilStarted(spawner, wanted);
  await untilKind(spawner, wanted.ref, "exited");
  expect(await spawner.logTail(wanted.ref, 2)).toEqual(["line 2 of 3", "line 3 of 3"]);
}

async function crashes({ spawner, order }: SpawnerHarness): Promise<void> {
  const wanted = order("exits-with-3");
  await startUntilStarted(spawner, wanted);
  const seen = await untilKind(spawner, wanted.ref, "exited");
  expect(seen.failure).toMatchObject({ reason: "crashed", exitCode: 3 });
  expect(seen.failure.publicMessage).toContain("3");
  await stopUntilGone(spawner, wanted.ref);
  expect(await spawner.observe(wanted.ref, never)).toEqual({ kind: "absent" });
}

async function outgrows({ spawner, order }: SpawnerHarness): Promise<void> {
  const wanted = order("outgrows-its-memory");
  const watching = collect(spawner);
  await startUntilStarted(spawner, wanted);
  const seen = await untilKind(spawner, wanted.ref, "exited");
  await watching.end();
  expect(seen.failure.reason).toBe("out-of-memory");
  expect(seen.failure.publicMessage).toContain(`${wanted.spec.memory.limitBytes / 1024 ** 2} MiB`);
}

async function watches({ spawner, order, kill, serving }: SpawnerHarness): Promise<void> {
  const wanted = order("serves");
  const watching = collect(spawner);
  await startUntilStarted(spawner, wanted);
  await watching.until("running");
  await serving(wanted.ref);
  await kill(wanted.ref);
  await watching.until("exited");
  await stopUntilGone(spawner, wanted.ref);
  await watching.until("absent");
  await watching.end();
  const kinds = watching.sightings.map(({ observation }) => observation.kind);
  expect(kinds.indexOf("running")).toBeLessThan(kinds.indexOf("exited"));
  expect(watching.sightings.every(({ ref }) => ref.serverId === wanted.ref.serverId)).toBe(true);
}

async function secretsDiffer({ spawner, order, secretOf, serving }: SpawnerHarness): Promise<void> {
  const [first, second] = [order("serves", 1), order("serves", 2)];
  expect(first.secret).not.toBe(second.secret);
  for (const wanted of [first, second]) {
    await startUntilStarted(spawner, wanted);
    await untilKind(spawner, wanted.ref, "running");
    await serving(wanted.ref);
    expect(await secretOf(wanted.ref)).toBe(wanted.secret);
    await stopUntilGone(spawner, wanted.ref);
  }
}

async function saysItIsBlind({ spawner, order, blind, serving }: SpawnerHarness): Promise<void> {
  const wanted = order("serves");
  const watching = collect(spawner);
  await startUntilStarted(spawner, wanted);
  await watching.until("running");
  await serving(wanted.ref);
  const see = await blind();
  await watching.untilStale(true);
  await expect(spawner.observeAll(never)).rejects.toMatchObject({ code: "unavailable" });
  const heardWhileBlind = watching.sightings.length;
  await see();
  await watching.untilStale(false);
  await watching.end();
  const ended = watching.sightings.slice(heardWhileBlind - 1).some(({ observation }) => observation.kind === "absent");
  expect(ended).toBe(false);
  expect((await spawner.observe(wanted.ref, never)).kind).toBe("running");
}

export async function startUntilStarted(spawner: Spawner, order: SpawnOrder): Promise<void> {
  await until(async () => {
    const outcome = await spawner.start(order, never);
    if (outcome.kind === "refused") throw new Error(`refused: ${outcome.failure.detail}`);
    return outcome.kind === "started";
  }, "the start");
}

export async function stopUntilGone(spawner: Spawner, ref: ServerRef): Promise<void> {
  await until(async () => (await spawner.stop(ref, never)).kind === "gone", "the stop");
}

type Seen<K extends Observation["kind"]> = Extract<Observation, { kind: K }>;

export async function untilKind<K extends Observation["kind"]>(
  spawner: Spawner,
  ref: ServerRef,
  kind: K,
): Promise<Seen<K>> {
  let last: Observation | undefined;
  const is = (seen: Observation): seen is Seen<K> => seen.kind === kind;
  await until(async () => {
    last = await spawner.observe(ref, never);
    return is(last);
  }, `${kind}`);
  if (last === undefined || !is(last)) throw new Error("unreachable");
  return last;
}

function collect(spawner: Spawner) {
  const sightings: Sighting[] = [];
  let stale = false;
  const abort = new AbortController();
  const done = spawner.watch(
    {
      changed: (sighting) => void sightings.push(sighting),
      event: () => undefined,
      stale: (since) => {
        stale = since !== null;
      },
    },
    abort.signal,
  );
  return {
    sightings,
    until: (kind: Observation["kind"]) =>
      until(async () => sightings.at(-1)?.observation.kind === kind, `the watch to say ${kind}`),
    untilStale: (wanted: boolean) => until(async () => stale === wanted, wanted ? "stale" : "fresh"),
    end: async () => {
      abort.abort();
      await done.catch(() => undefined);
    },
  };
}

/** Waits for a condition, not for a time. */
export async function until(condition: () => Promise<boolean>, what: string): Promise<void> {
  const end = performance.now() + waitMs;
  while (!(await condition())) {
    if (performance.now() > end) throw new Error(`${what} did not come within ${waitMs / 1000} s`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
