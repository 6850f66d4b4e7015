import { z } from "zod";

/** A profile's `cull`: stands in place of the hub's. */
export const ProfileCullInput = z
  .strictObject({
    timeout: z
      .union([z.literal(0), z.int().min(60)])
      .optional()
      .describe("Seconds without activity after which a server of this profile is stopped; 0 means never."),
    maxAge: z
      .union([z.literal(0), z.int().min(60)])
      .optional()
      .describe("Seconds after which it is stopped even when it is in use; 0 means never."),
  })
  .optional()
  .describe("When idle servers of this profile are stopped. Default: the hub's `cull`.");
