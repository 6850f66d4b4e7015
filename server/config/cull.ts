import { z } from "zod";
import { quietHoursList } from "#server/culler/rule-input.ts";

/** `cull`: when servers are stopped by themselves. The first keys are z2jh's. */
export const Cull = z.strictObject({
  enabled: z.boolean().default(false).describe("Stop idle servers, after a warning that their users can extend."),
  timeout: z
    .int()
    .min(60)
    .default(3600)
    .describe(
      "Seconds without activity after which a server is stopped, unless its profile, group or user says otherwise.",
    ),
  every: z.int().min(10).max(3600).default(60).describe("Seconds between two looks."),
  concurrency: z.int().min(1).max(100).default(10).describe("Servers asked at once whether anybody is there."),
  maxAge: z
    .int()
    .min(0)
    .default(0)
    .describe("Seconds after which a server is stopped even when it is in use; 0 means never."),
  minTimeout: z
    .int()
    .min(60)
    .optional()
    .describe("Shortest idle time a group or a user may choose. Default: 300, or `timeout` when that is less."),
  maxTimeout: z
    .int()
    .min(60)
    .optional()
    .describe(
      "Longest idle time a group or a user may choose. Default: what the hub or the profile says, so only shorter ones.",
    ),
  warnSeconds: z
    .int()
    .min(30)
    .max(86_400)
    .default(600)
    .describe("How long before a stop its user is told; at most half of the idle time."),
  notice: z
    .boolean()
    .default(true)
    .describe(
      "Show the warning, and who else was let into the server, inside JupyterLab too. Adds one script of Berth's own to JupyterLab's pages.",
    ),
  maxKeep: z
    .int()
    .min(600)
    .max(365 * 86_400)
    .default(86_400)
    .describe("How many seconds from now a user may ask to keep a server. The maximum age holds all the same."),
  quietHours: quietHoursList
    .default([])
    .describe("Hours of the week at whose beginning servers are stopped, with the same warning."),
});
