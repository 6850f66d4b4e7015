import { z } from "zod";
import { isTimeZone } from "./quiet-hours.ts";

const time = z
  .string()
  .regex(/^([01]\d|2[0-3]):[0-5]\d$/, { error: "Give a time as hours and minutes, such as 22:30." });

export const QuietHoursInput = z
  .strictObject({
    days: z
      .array(z.int().min(0).max(6))
      .min(1, { error: "Name at least one day: 0 is Sunday, 6 is Saturday." })
      .max(7)
      .describe("Days of the week on which it begins; 0 is Sunday."),
    from: time.describe("When servers are stopped, as HH:MM."),
    to: time.describe("When it is over; before `from` means the next day."),
    timeZone: z
      .string()
      .max(64)
      .refine(isTimeZone, { error: "This time zone isn't known. Give its name, such as Europe/Rome." })
      .describe("Name of the time zone, such as Europe/Rome."),
  })
  .refine(({ from, to }) => from !== to, {
    path: ["to"],
    error: "“from” and “to” are the same time. Quiet hours begin at one and end at another.",
  });

export const quietHoursList = z.array(QuietHoursInput).max(20, { error: "At most 20 entries of quiet hours." });

const years = 10 * 365 * 86_400;
export const ruleSeconds = z
  .int()
  .min(60, { error: "At least 60 seconds." })
  .max(years, { error: "At most ten years." });

/** What a group's managers and users set. A value that is `null` takes the rule away. */
export const CullRuleInput = z.strictObject({
  idleSeconds: ruleSeconds.nullish(),
  maxAgeSeconds: ruleSeconds.nullish(),
  quietHours: quietHoursList.default([]),
});
export type CullRuleInput = z.infer<typeof CullRuleInput>;
