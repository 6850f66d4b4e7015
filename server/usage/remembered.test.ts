import { expect, test } from "vitest";
import { ManualClock } from "#tests/manual-clock.ts";
import { Remembered } from "./remembered.ts";

test("one question asked often is answered once, until its answer is too old", async () => {
  const clock = new ManualClock();
  const remembered = new Remembered<number>(clock, 60_000);
  let made = 0;
  const ask = (question: string) => remembered.get(question, async () => ++made);
  expect(await Promise.all([ask("a"), ask("a"), ask("b")])).toEqual([1, 1, 2]);
  clock.advance(59);
  expect(await ask("a")).toBe(1);
  clock.advance(2);
  expect(await ask("a")).toBe(3);
});

test("a failure isn't kept", async () => {
  const remembered = new Remembered<string>(new ManualClock(), 60_000);
  await expect(remembered.get("a", () => Promise.reject(new Error("no")))).rejects.toThrow("no");
  expect(await remembered.get("a", async () => "yes")).toBe("yes");
});
