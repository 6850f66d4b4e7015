import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { QuietHours } from "#db/schema/settings.ts";
import { isTimeZone, quietWindows, windowFor } from "./quiet-hours.ts";

const everyDay = [0, 1, 2, 3, 4, 5, 6];
const night: QuietHours = { days: everyDay, from: "23:00", to: "06:00", timeZone: "Europe/Rome" };
const at = (iso: string) => Date.parse(iso);
const first = (rule: QuietHours, iso: string) => {
  const [window] = quietWindows([rule], at(iso));
  return window === undefined ? null : [new Date(window.startMs).toISOString(), new Date(window.endMs).toISOString()];
};

describe("quiet hours", () => {
  test("a window over midnight is one window, and the one it is in now comes first", () => {
    expect(first(night, "2027-01-15T12:00:00Z")).toEqual(["2027-01-15T22:00:00.000Z", "2027-01-16T05:00:00.000Z"]);
    expect(first(night, "2027-01-16T03:00:00Z")).toEqual(["2027-01-15T22:00:00.000Z", "2027-01-16T05:00:00.000Z"]);
  });

  test("the night summer time begins is an hour shorter (Rome, 28 March 2027)", () => {
    expect(first(night, "2027-03-27T12:00:00Z")).toEqual(["2027-03-27T22:00:00.000Z", "2027-03-28T04:00:00.000Z"]);
  });

  test("the night summer time ends is an hour longer (Rome, 31 October 2027)", () => {
    expect(first(night, "2027-10-30T12:00:00Z")).toEqual(["2027-10-30T21:00:00.000Z", "2027-10-31T05:00:00.000Z"]);
  });

  test("a time that the change to summer time leaves out is the moment of the change", () => {
    const gap = { ...night, from: "02:30", to: "05:00" };
    expect(first(gap, "2027-03-27T12:00:00Z")).toEqual(["2027-03-28T01:00:00.000Z", "2027-03-28T03:00:00.000Z"]);
  });

  test("quiet hours that lie wholly in the hour that is left out don't happen that night", () => {
    const gap = { ...night, from: "02:15", to: "02:45", days: [0] };
    expect(first(gap, "2027-03-27T12:00:00Z")).toEqual(["2027-04-04T00:15:00.000Z", "2027-04-04T00:45:00.000Z"]);
  });

  test("a time that comes twice is the first of the two", () => {
    const twice = { ...night, from: "02:30", to: "05:00" };
    expect(first(twice, "2027-10-30T12:00:00Z")).toEqual(["2027-10-31T00:30:00.000Z", "2027-10-31T04:00:00.000Z"]);
  });

  test("a change of half an hour (Lord Howe) and a zone of 45 minutes (Chatham) come out right", () => {
    const howe = { ...night, from: "01:00", to: "04:00", timeZone: "Australia/Lord_Howe" };
    expect(first(howe, "2027-04-03T00:00:00Z")).toEqual(["2027-04-03T14:00:00.000Z", "2027-04-03T17:30:00.000Z"]);
    const chatham = { ...night, from: "22:00", to: "23:00", timeZone: "Pacific/Chatham" };
    expect(first(chatham, "2027-07-01T00:00:00Z")).toEqual(["2027-07-01T09:15:00.000Z", "2027-07-01T10:15:00.000Z"]);
  });

  test("only the named days count, and the day is the one at the place", () => {
    // Friday 23:00 in Auckland is Friday 11:00 in UTC.
    const weekend = { ...night, days: [5], timeZone: "Pacific/Auckland" };
    expect(first(weekend, "2027-06-01T00:00:00Z")).toEqual(["2027-06-04T11:00:00.000Z", "2027-06-04T18:00:00.000Z"]);
  });

  test("a server that was started in quiet hours isn't theirs, but the next ones'", () => {
    const windows = quietWindows([night], at("2027-01-16T03:00:00Z"));
    expect(windowFor(windows, at("2027-01-15T20:00:00Z"))?.startMs).toBe(at("2027-01-15T22:00:00Z"));
    expect(windowFor(windows, at("2027-01-16T02:00:00Z"))?.startMs).toBe(at("2027-01-16T22:00:00Z"));
  });

  test("a clock on the wall there shows `from` when they begin, in any zone at any time of ten years", () => {
    const zones = ["Europe/Rome", "America/New_York", "America/Santiago", "Asia/Kolkata", "Asia/Gaza", "UTC"];
    const minute = fc.integer({ min: 0, max: 1439 });
    const text = (m: number) => `${String(Math.floor(m / 60)).padStart(2, "0")}:${String(m % 60).padStart(2, "0")}`;
    fc.assert(
      fc.property(
        fc.constantFrom(...zones),
        minute,
        minute,
        fc.date({ min: new Date("2025-01-01"), max: new Date("2035-01-01"), noInvalidDate: true }),
        (timeZone, from, to, now) => {
          fc.pre(from !== to);
          const rule = { days: everyDay, from: text(from), to: text(to), timeZone };
          const windows = quietWindows([rule], now.getTime());
          expect(windows.length).toBeGreaterThan(5);
          const shown = new Intl.DateTimeFormat("en-GB", { timeZone, hour: "2-digit", minute: "2-digit" });
          for (const { startMs, endMs } of windows) {
            expect(endMs).toBeGreaterThan(now.getTime());
            expect(endMs - startMs).toBeLessThanOrEqual(26 * 3_600_000);
            const wall = shown.format(startMs);
            // In a gap it is later than `from`: the moment of the change.
            if (wall !== rule.from) expect(shown.format(startMs - 1000) < rule.from || rule.from < "01:30").toBe(true);
          }
        },
      ),
      { numRuns: 200 },
    );
  });

  test("names of time zones are checked", () => {
    expect([isTimeZone("Europe/Rome"), isTimeZone("UTC"), isTimeZone("Rome"), isTimeZone("")]).toEqual([
      true,
      true,
      false,
      false,
    ]);
  });
});
