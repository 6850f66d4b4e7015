import { describe, expect, test } from "vitest";
import { ServerTurns } from "./server-turns.ts";

const lab = { userId: "u1", name: "" };
const stillWritten = { code: "unavailable", publicMessage: expect.stringContaining("still being written") };
const lockTimeout = (table?: string) =>
  Object.assign(new Error("canceling statement due to lock timeout"), {
    code: "55P03",
    ...(table === undefined ? {} : { where: `while locking tuple (0,1) in relation "${table}"` }),
  });

/** Work that ends when the test says so. */
function held() {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  return { work: () => promise, resolve, reject };
}

describe("changes of one server", () => {
  test("one at a time and in order, while another server's goes on", async () => {
    const turns = new ServerTurns();
    const done: string[] = [];
    const first = held();
    const said = (word: string) => async () => void done.push(word);
    const one = turns.take(lab, first.work);
    const two = turns.take(lab, said("two"));
    const three = turns.take(lab, said("three"));
    await turns.take({ userId: "u1", name: "other" }, said("other"));
    expect(done).toEqual(["other"]);
    first.resolve("one");
    await Promise.all([one, two, three]);
    expect(done).toEqual(["other", "two", "three"]);
  });

  test("F-14: what waits behind one that got no lock ends with it and with the same sentence", async () => {
    const turns = new ServerTurns();
    const first = held();
    const all = [
      turns.take(lab, first.work),
      turns.take(lab, async () => "never"),
      turns.take(lab, async () => "never"),
    ];
    first.reject(lockTimeout("servers"));
    for (const one of await Promise.allSettled(all)) expect(one).toMatchObject({ reason: stillWritten });
    await expect(turns.take(lab, async () => "afterwards")).resolves.toBe("afterwards");
  });

  test("a lock on another table's row is not called a change of this server", async () => {
    const error = lockTimeout("groups");
    await expect(new ServerTurns().take(lab, () => Promise.reject(error))).rejects.toBe(error);
  });

  test("a change that is refused ends nobody else's", async () => {
    const turns = new ServerTurns();
    const first = held();
    const one = turns.take(lab, first.work);
    const two = turns.take(lab, async () => "two");
    first.reject(new Error("refused"));
    await expect(one).rejects.toThrow("refused");
    await expect(two).resolves.toBe("two");
  });

  test("F-14: a hundred wait, and the next is told at once", async () => {
    const turns = new ServerTurns();
    const first = held();
    const waiting = Array.from({ length: 101 }, () => turns.take(lab, first.work));
    await expect(turns.take(lab, first.work)).rejects.toMatchObject(stillWritten);
    first.resolve("done");
    expect(new Set(await Promise.all(waiting))).toEqual(new Set(["done"]));
  });
});
