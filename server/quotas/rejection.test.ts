import { describe, expect, test } from "vitest";
import { amountText, usedOfText } from "./amount-text.ts";
import { type Holder, memberLimitSentence, rejectionSentence } from "./rejection.ts";

const now = new Date("2026-03-02T12:00:00Z");
const minutes = (n: number) => new Date(now.getTime() + n * 60_000);
const holder = (owner: string, more: Partial<Holder> = {}): Holder => ({
  owner,
  server: "",
  amount: 1,
  since: minutes(-200),
  stopAt: null,
  ...more,
});
const full = { resource: "servers", asked: 1, used: 8, hard: 8 } as const;

describe("a rejection", () => {
  test("names the quota, how much is used, by whom, and who has run longest", () => {
    const holders = [holder("ana", { since: minutes(-60) }), holder("ben"), holder("ana", { since: minutes(-50) })];
    expect(rejectionSentence("physics", full, { holders, mayFreeUpAt: null, now })).toBe(
      "Group physics has used 8 of 8 servers: ana (2), ben. The next may free up when somebody stops their server; ben’s has run longest, for 3 hours.",
    );
  });

  test("says when a stop that was announced makes room", () => {
    const holders = [holder("ana"), holder("ben", { stopAt: minutes(20) })];
    expect(rejectionSentence("physics", full, { holders, mayFreeUpAt: minutes(20), now })).toContain(
      "The next may free up in about 20 minutes, when ben’s server is due to stop.",
    );
  });

  test("names nobody to those who may not see the group", () => {
    expect(rejectionSentence("physics", full, { holders: [], mayFreeUpAt: minutes(0), now })).toBe(
      "Group physics has used 8 of 8 servers. The next may free up in a moment, when a server is due to stop.",
    );
  });

  test("of a part tells what is left over isn't enough; of more than there ever is, that waiting won't help", () => {
    const by = { holders: [], mayFreeUpAt: null, now };
    const cpu = { resource: "cpuLimitMillicores", asked: 2000, used: 3000, hard: 4000 } as const;
    expect(rejectionSentence("physics", cpu, by)).toContain(
      "Group physics has used 3 of 4 CPUs, and this server asks for 2 CPUs.",
    );
    expect(rejectionSentence("physics", { ...cpu, asked: 8000 }, by)).toBe(
      "This server asks for 8 CPUs, and group physics may use 4 CPUs in all. Choose a smaller profile, or ask a manager of the group for more.",
    );
    expect(rejectionSentence("physics", { resource: "gpus", asked: 1, used: 0, hard: 0 }, by)).toContain(
      "asks for 1 GPU, and group physics may use none.",
    );
  });

  test("keeps to four names", () => {
    const holders = ["a", "b", "c", "d", "e", "f"].map((name) => holder(name));
    expect(rejectionSentence("g", full, { holders, mayFreeUpAt: null, now })).toContain(": a, b, c, d and 2 others.");
  });

  test("by a member's limit tells the member and the limit", () => {
    const hit = { limit: "servers", asked: 1, used: 2, hard: 2 } as const;
    expect(memberLimitSentence("physics", "“ana”", hit)).toBe(
      "In group physics, “ana” may run 2 servers at once. Stop one first.",
    );
    expect(memberLimitSentence("physics", "“ana”", { limit: "gpus", asked: 2, used: 0, hard: 1 })).toContain(
      "may have 1 GPU, and this one asks for 2 GPUs",
    );
  });
});

test.each([
  ["cpuLimitMillicores", 2000, 4000, "2 of 4 CPUs"],
  ["cpuRequestMillicores", 500, 1000, "0.5 of 1 guaranteed CPU"],
  ["memoryLimitBytes", 3.5 * 1024 ** 3, 8 * 1024 ** 3, "3.5 of 8 GiB of memory"],
  ["memoryRequestBytes", 0, 512 * 1024 ** 2, "0 of 512 MiB of guaranteed memory"],
  ["storageBytes", 1024 ** 4, 20 * 1024 ** 4, "1 of 20 TiB of storage"],
  ["servers", 8, 8, "8 of 8 servers"],
  ["gpus", 1, 1, "1 of 1 GPU"],
  ["homes", 0, 0, "0 of 0 homes"],
  ["cpuLimitMillicores", 1, 4000, "less than 0.01 of 4 CPUs"],
] as const)("%s: %d of %d is written “%s”", (resource, used, hard, text) => {
  expect(usedOfText(resource, used, hard)).toBe(text);
});

test("an amount has its unit", () => {
  expect(amountText("memoryLimitBytes", 1536 * 1024 ** 2)).toBe("1.5 GiB of memory");
  expect(amountText("cpuLimitMillicores", 1000)).toBe("1 CPU");
});
