import { z } from "zod";

/** Placeholder shape; see profiles work. */
export const Singleuser = z.strictObject({});
