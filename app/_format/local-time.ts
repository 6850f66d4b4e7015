/** For `<input type="datetime-local">`, which speaks of the clock on the wall where the browser is. */
export function localInputText(date: Date): string {
  return new Date(date.getTime() - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

/** What such an input holds; null when it is empty or no time. */
export function localInputDate(text: string): Date | null {
  const date = new Date(text);
  return text === "" || Number.isNaN(date.getTime()) ? null : date;
}

/** A day and its time where the reader is: "1 Mar 2027, 09:00". */
export function localText(date: Date): string {
  return new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "short" }).format(date);
}

/** A time to say "since" of: "12:03", with its day when that isn't today. Until the reader's clock is known (`null`), in UTC. */
export function sinceText(date: Date, now: Date | null): string {
  const time = (timeZone?: string) =>
    new Intl.DateTimeFormat("en-GB", { timeStyle: "short", ...(timeZone === undefined ? {} : { timeZone }) }).format(
      date,
    );
  if (now === null) return `${time("UTC")} UTC`;
  return date.toDateString() === now.toDateString() ? time() : localText(date);
}
