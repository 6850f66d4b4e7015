import { z } from "zod";

const dayMs = 86_400_000;

/** A page asks for the last so many days; 400 is a year and what a year is compared with. */
export const DaysInput = z.int().min(1, "At least one day.").max(400, "At most 400 days.").default(30);

export type UsageWindow = { readonly from: Date; readonly to: Date; readonly bucketSeconds: number };

/** Pieces that make a plot of 24 to 70 points: hours for two days, days for ten weeks, weeks beyond. */
export function windowOf(days: number, now: Date): UsageWindow {
  const bucketSeconds = days <= 2 ? 3600 : days <= 70 ? 86_400 : 7 * 86_400;
  return { from: new Date(now.getTime() - days * dayMs), to: now, bucketSeconds };
}
