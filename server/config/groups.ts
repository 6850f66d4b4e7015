import { z } from "zod";

export const Groups = z.strictObject({
  required: z
    .boolean()
    .default(false)
    .describe("Every server counts against a group: somebody who is in none can't start one."),
  sharedVolumePath: z
    .string()
    .regex(/^(?:\{home\}|\/)(?:[^{}]|\{group\})*$/, {
      error: "Begin with {home} or /; {group} is filled in, and nothing else.",
    })
    .default("{home}/shared/{group}")
    .describe(
      "Where a group's shared volume is in its members' servers. `{home}` is `singleuser.storage.homeMountPath`.",
    ),
  undoDays: z
    .int()
    .min(0)
    .max(365)
    .default(14)
    .describe(
      "Days in which a deleted group can be brought back. Its homes are kept even then, as nobody's, until an admin decides.",
    ),
});
