"use client";

import { useEffect, useState } from "react";
import { agoText, durationText } from "#app/_format/duration.ts";

/** Now, moving on by itself; `null` until the browser runs, so that server and browser write the same first page. */
export function useNow(everyMs: number): Date | null {
  const [now, setNow] = useState<Date | null>(null);
  useEffect(() => {
    setNow(new Date());
    const timer = setInterval(() => setNow(new Date()), everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
  return now;
}

export function Ago({ date }: { readonly date: Date }) {
  const now = useNow(30_000);
  return (
    <time dateTime={date.toISOString()} title={date.toISOString()} suppressHydrationWarning>
      {agoText(date, now ?? new Date())}
    </time>
  );
}

export function Since({ date }: { readonly date: Date }) {
  const now = useNow(10_000);
  return (
    <time dateTime={date.toISOString()} title={date.toISOString()} suppressHydrationWarning>
      {durationText(((now ?? new Date()).getTime() - date.getTime()) / 1000)}
    </time>
  );
}
