"use client";

import { useEffect, useState } from "react";

/** Keeps the address in step with the table without loading the page anew. */
export function useListAddress(query: string): void {
  useEffect(() => {
    if (location.search !== query) history.replaceState(history.state, "", `${location.pathname}${query}`);
  }, [query]);
}

/** The text once typing has paused: each letter would be a query for the database. */
export function useSettled(value: string, ms = 250): string {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), ms);
    return () => clearTimeout(timer);
  }, [value, ms]);
  return settled;
}
