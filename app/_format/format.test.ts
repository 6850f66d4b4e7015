import { describe, expect, test } from "vitest";
import { bytesText, cpuText, limitsTexts } from "./amount.ts";
import { agoText, durationText, roughDurationText } from "./duration.ts";
import { serverOfSegments, serverPagePath } from "./server-path.ts";

const gib = 1024 ** 3;

describe("amounts", () => {
  test("carry their unit, without digits nobody needs", () => {
    expect(cpuText(1500)).toBe("1.5 CPU");
    expect(cpuText(250)).toBe("0.25 CPU");
    expect(bytesText(2 * gib)).toBe("2 GB");
    expect(bytesText(1.5 * gib)).toBe("1.5 GB");
    expect(bytesText(512 * 1024 ** 2)).toBe("512 MB");
    expect(bytesText(0)).toBe("0 bytes");
  });

  test("name a GPU only where there is one", () => {
    expect(limitsTexts({ cpuMillicores: 1000, memoryBytes: gib, gpus: 0 })).toEqual(["1 CPU", "1 GB memory"]);
    expect(limitsTexts({ cpuMillicores: 1000, memoryBytes: gib, gpus: 2 }).at(-1)).toBe("2 GPUs");
  });
});

describe("durations", () => {
  test.each([
    [0, "0 s"],
    [59.6, "1 min"],
    [65, "1 min 5 s"],
    [3600, "1 h"],
    [11_520, "3 h 12 min"],
    [86_400, "1 day"],
    [200_000, "2 days"],
  ])("%d s is said as %s", (seconds, text) => expect(durationText(seconds)).toBe(text));

  test("an expectation is rounded, never to nothing", () => {
    expect(roughDurationText(0.2)).toBe("1 s");
    expect(roughDurationText(12)).toBe("10 s");
    expect(roughDurationText(95)).toBe("1 min 30 s");
  });

  test("a clock that is ahead doesn't make the past the future", () => {
    const now = new Date("2026-01-01T00:00:00Z");
    expect(agoText(new Date(now.getTime() + 5000), now)).toBe("just now");
    expect(agoText(new Date(now.getTime() - 30 * 86_400_000), now)).toBe("2 Dec 2025");
  });
});

describe("the page of a server", () => {
  test.each(["ana", "üser", "user@email.com", "a--b", "-x", "a/b", "100%"])(
    "%s comes back from its address",
    (user) => {
      for (const name of ["", "second"]) {
        const segments = serverPagePath("spawn", user, name).split("/").slice(3);
        expect(serverOfSegments(segments)).toEqual({ user, name });
      }
    },
  );

  test("has one user and at most one server", () => {
    expect(serverOfSegments([])).toBeNull();
    expect(serverOfSegments(["a", "b", "c"])).toBeNull();
    expect(serverOfSegments(["%zz"])).toEqual({ user: "%zz", name: "" });
  });
});
