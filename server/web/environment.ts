import { readFileSync } from "node:fs";
import { z } from "zod";
import { inkOn } from "#server/config/ink.ts";
import { readLogo } from "#server/config/logo.ts";
import { type HubAddress, parseAddress } from "#server/internal/hub-address.ts";
import type { WebSettings } from "./settings.ts";

const Environment = z.object({
  /** `host:port` or a Unix socket's path; the same for the other two addresses. */
  BERTH_WEB_LISTEN: z.string().min(1),
  BERTH_WEB_INTERNAL: z.string().min(1),
  /** CA certificates (PEM) the hub's are checked with, where its addresses begin with https. */
  BERTH_WEB_HUB_CA: z.string().optional(),
  BERTH_WEB_INTERNAL_KEY: z.string().min(16).optional(),
  BERTH_WEB_HUB_API: z.string().min(1),
  BERTH_WEB_PUBLIC_URL: z.url({ protocol: /^https?$/ }),
  BERTH_WEB_VERIFY_KEY: z.string().optional(),
  BERTH_WEB_VERIFY_KEY_FILE: z.string().optional(),
  BERTH_WEB_SECRET: z.string().min(32),
  BERTH_WEB_NAME: z.string().min(1).max(60).default("Berth"),
  BERTH_WEB_ACCENT: z
    .string()
    .regex(/^#[0-9a-f]{6}$/i, "is a colour like #2458b8")
    .default("#2458b8"),
  /** An SVG or PNG picture. */
  BERTH_WEB_LOGO_FILE: z.string().optional(),
});

export type WebEnvironment = { readonly listen: HubAddress; readonly settings: WebSettings };

/** The web role's settings; it runs as a child with these variables and nothing else. Throws one sentence per problem. */
export function readWebEnvironment(environment: Readonly<Record<string, string | undefined>>): WebEnvironment {
  const parsed = Environment.safeParse(environment);
  if (!parsed.success) {
    const problems = parsed.error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`);
    throw new Error(`The web role can't start.\n${problems.join("\n")}`);
  }
  const given = parsed.data;
  const ca = given.BERTH_WEB_HUB_CA ?? null;
  return {
    listen: parseAddress(given.BERTH_WEB_LISTEN),
    settings: {
      publicUrl: given.BERTH_WEB_PUBLIC_URL.replace(/\/$/, ""),
      internal: { target: parseAddress(given.BERTH_WEB_INTERNAL, ca), key: given.BERTH_WEB_INTERNAL_KEY ?? null },
      hubApi: parseAddress(given.BERTH_WEB_HUB_API, ca),
      verifyKeyPem: verifyKeyOf(given),
      secret: given.BERTH_WEB_SECRET,
      brand: {
        name: given.BERTH_WEB_NAME,
        accent: given.BERTH_WEB_ACCENT,
        ink: inkOn(given.BERTH_WEB_ACCENT),
        logo: readLogo(given.BERTH_WEB_LOGO_FILE),
      },
    },
  };
}

function verifyKeyOf(given: z.infer<typeof Environment>): string {
  if (given.BERTH_WEB_VERIFY_KEY !== undefined) return given.BERTH_WEB_VERIFY_KEY;
  if (given.BERTH_WEB_VERIFY_KEY_FILE !== undefined) return readFileSync(given.BERTH_WEB_VERIFY_KEY_FILE, "utf8");
  throw new Error("The web role can't start.\nSet BERTH_WEB_VERIFY_KEY_FILE (or BERTH_WEB_VERIFY_KEY, as PEM text).");
}
