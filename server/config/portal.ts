import { z } from "zod";

/** How the pages look: an institution's name and its one colour. */
export const Portal = z.strictObject({
  name: z
    .string()
    .trim()
    .min(1)
    .max(60)
    .default("Berth")
    .describe("What the portal calls itself: in the header, on the login page and in the browser's title."),
  logoFile: z
    .string()
    .min(1)
    .optional()
    .describe(
      "An SVG or PNG picture of at most 256 KiB, read when the pages start, shown in the header, on the login page and in JupyterLab's place for the hub's logo. Default: Berth's own, in the accent.",
    ),
  accent: z
    .string()
    .regex(/^#(?:[0-9a-f]{3}|[0-9a-f]{6})$/i, "Write a colour as #rrggbb, such as #2458b8.")
    .transform(sixDigits)
    .default("#2458b8")
    .describe(
      "The colour of buttons and the logo, as `#rrggbb`. The text on it is black or white, whichever reads better.",
    ),
});

function sixDigits(colour: string): string {
  return colour.length === 4 ? colour.replaceAll(/[0-9a-f]/gi, (digit) => digit + digit) : colour;
}
