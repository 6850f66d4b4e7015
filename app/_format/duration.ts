/** "8 s", "2 min 5 s", "3 h 10 min", "4 days": two units at most, none that is zero. */
export function durationText(seconds: number): string {
  const total = Math.max(0, Math.round(seconds));
  if (total < 60) return `${total} s`;
  if (total < 3600) return joined(Math.floor(total / 60), "min", total % 60, "s");
  if (total < 86_400) return joined(Math.floor(total / 3600), "h", Math.floor((total % 3600) / 60), "min");
  const days = Math.floor(total / 86_400);
  return days === 1 ? "1 day" : `${days} days`;
}

function joined(first: number, firstUnit: string, second: number, secondUnit: string): string {
  return second === 0 ? `${first} ${firstUnit}` : `${first} ${firstUnit} ${second} ${secondUnit}`;
}

/** "about 20 s": an expectation isn't known to the second. */
export function roughDurationText(seconds: number): string {
  const step = seconds < 10 ? 1 : seconds < 60 ? 5 : seconds < 600 ? 30 : 60;
  return durationText(Math.max(step, Math.round(seconds / step) * step));
}

export function agoText(from: Date, now: Date): string {
  const seconds = (now.getTime() - from.getTime()) / 1000;
  if (seconds < 60) return "just now";
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h ago`;
  if (seconds < 14 * 86_400) return `${durationText(seconds)} ago`;
  return dateText(from);
}

export function dateText(date: Date): string {
  return new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric", timeZone: "UTC" }).format(
    date,
  );
}

export function clockText(date: Date): string {
  return date.toISOString().slice(11, 19);
}
