import { type Child, startChild } from "./child.ts";
import { cpuMicroseconds, median } from "./measure.ts";

export type Side = { readonly name: string; readonly child: Child; readonly port: number };

export type Compared = {
  readonly name: string;
  /** CPU of the process under test for one operation, the median of its rounds. */
  readonly microseconds: number;
  readonly perSecond: number;
};

export type Rounds = { readonly warmUp: number; readonly operations: number; readonly rounds: number };

/**
 * Measures two processes in turns (A B B A …): whatever else the machine does meets both alike, and the clock doesn't count, only the
 * CPU time of the process under test.
 */
export async function compare<Result extends { readonly seconds: number }>(
  sides: readonly [Side, Side],
  loadScript: URL,
  { warmUp, operations, rounds }: Rounds,
  orderFor: (side: Side, operations: number) => object,
): Promise<readonly [Compared, Compared]> {
  const load = await startChild(loadScript, {});
  const seen = new Map<Side, { microseconds: number; perSecond: number }[]>(sides.map((side) => [side, []]));
  const [a, b] = sides;
  for (const side of sides) await load.ask(orderFor(side, warmUp));
  for (let round = 0; round < rounds; round++)
    for (const side of round % 2 === 0 ? [a, b] : [b, a]) {
      const before = cpuMicroseconds(side.child.pid);
      const { seconds } = (await load.ask(orderFor(side, operations))) as Result;
      const microseconds = (cpuMicroseconds(side.child.pid) - before) / operations;
      seen.get(side)?.push({ microseconds, perSecond: operations / seconds });
    }
  await load.stop();
  const summary = (side: Side): Compared => ({
    name: side.name,
    microseconds: median((seen.get(side) ?? []).map((one) => one.microseconds)),
    perSecond: median((seen.get(side) ?? []).map((one) => one.perSecond)),
  });
  return [summary(a), summary(b)];
}
