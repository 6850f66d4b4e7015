import { z } from "zod";

export const Groups = z.strictObject({
  required: z
    .boolean()
    .default(false)
    .describe("Every server counts against a group: somebody who is in none can't start one."),
  undoDays: z
    .int()
    .min(0)
    .max(365)
    .default(14)
    .describe(
      "Days in which a deleted group can be brought back. Its homes are kept even then, as nobody's, until an admin decides.",
    ),
});
