import type { QuietHours } from "#db/schema/settings.ts";

/** A stretch of quiet time, as instants. */
export type QuietWindow = { readonly startMs: number; readonly endMs: number };

const dayMs = 86_400_000;
const formatters = new Map<string, Intl.DateTimeFormat>();

/**
 * The windows that aren't over at `nowMs` and begin within the next eight days, earliest first. The only calendar here is the
 * day of the week of a date; what a wall clock shows where is Intl's to know.
 */
export function quietWindows(rules: readonly QuietHours[], nowMs: number): readonly QuietWindow[] {
  return rules
    .flatMap((rule) => windowsOf(rule, nowMs))
    .filter(({ startMs, endMs }) => endMs > nowMs && startMs < endMs)
    .sort((a, b) => a.startMs - b.startMs);
}

/** The first one that begins after a server became ready: who starts a server in quiet hours keeps it through them. */
export function windowFor(windows: readonly QuietWindow[], readyAtMs: number): QuietWindow | null {
  return windows.find(({ startMs }) => startMs > readyAtMs) ?? null;
}

export function isTimeZone(name: string): boolean {
  try {
    formatterFor(name);
    return true;
  } catch {
    return false;
  }
}

function windowsOf({ days, from, to, timeZone }: QuietHours, nowMs: number): QuietWindow[] {
  const today = localAsUtc(timeZone, nowMs);
  const midnightMs = Math.floor(today / dayMs) * dayMs;
  const [fromMs, toMs] = [sinceMidnightMs(from), sinceMidnightMs(to)];
  const windows: QuietWindow[] = [];
  for (let offset = -1; offset <= 8; offset++) {
    const dateMs = midnightMs + offset * dayMs;
    if (!days.includes(new Date(dateMs).getUTCDay())) continue;
    const endDateMs = toMs <= fromMs ? dateMs + dayMs : dateMs;
    windows.push({
      startMs: instantOf(timeZone, dateMs + fromMs),
      endMs: instantOf(timeZone, endDateMs + toMs),
    });
  }
  return windows;
}

function sinceMidnightMs(time: string): number {
  const [hours = "0", minutes = "0"] = time.split(":");
  return (Number(hours) * 60 + Number(minutes)) * 60_000;
}

/**
 * When a wall clock there shows this time (written as if it were UTC). A time that comes twice means the first; one that a
 * change to summer time leaves out means the moment of the change.
 */
function instantOf(timeZone: string, localMs: number): number {
  const offsets = [localMs - dayMs, localMs + dayMs].map((near) => localAsUtc(timeZone, near) - near);
  const found = offsets
    .map((offset) => localMs - offset)
    .filter((instant) => localAsUtc(timeZone, instant) === localMs)
    .sort((a, b) => a - b)[0];
  return found ?? changeBetween(timeZone, localMs - Math.max(...offsets), localMs - Math.min(...offsets), localMs);
}

/** The first instant, to the second, at which the wall clock is past `localMs`. */
function changeBetween(timeZone: string, fromMs: number, toMs: number, localMs: number): number {
  let [before, after] = [fromMs, toMs];
  while (after - before > 1000) {
    const middle = Math.floor((before + after) / 2000) * 1000;
    if (localAsUtc(timeZone, middle) > localMs) after = middle;
    else before = middle;
  }
  return after;
}

/** What the wall clock shows there at this instant, written as if it were UTC. */
function localAsUtc(timeZone: string, instantMs: number): number {
  const parts = formatterFor(timeZone).formatToParts(new Date(instantMs));
  const of = (type: Intl.DateTimeFormatPartTypes) => Number(parts.find((part) => part.type === type)?.value ?? 0);
  const wholeMs = Date.UTC(of("year"), of("month") - 1, of("day"), of("hour"), of("minute"), of("second"));
  return wholeMs + (((instantMs % 1000) + 1000) % 1000);
}

function formatterFor(timeZone: string): Intl.DateTimeFormat {
  const known = formatters.get(timeZone);
  if (known !== undefined) return known;
  const formatter = new Intl.DateTimeFormat("en-US", {
    timeZone,
    calendar: "gregory",
    numberingSystem: "latn",
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
    second: "numeric",
  });
  formatters.set(timeZone, formatter);
  return formatter;
}
