import type { Logo } from "#server/config/logo.ts";
import type { HubAddress } from "#server/internal/hub-address.ts";

/** What the web role knows. No database, no Kubernetes, no key that signs. */
export type WebSettings = {
  readonly publicUrl: string;
  /** The hub's internal listener: sign-in, sign-out, login options. `key` is null on a Unix socket. */
  readonly internal: { readonly target: HubAddress; readonly key: string | null };
  /** The hub's API, for what pages read before they are sent. */
  readonly hubApi: HubAddress;
  /** Checks sessions; can't make one. */
  readonly verifyKeyPem: string;
  /** Seals next-auth's own short-lived cookies; the same for every replica. */
  readonly secret: string;
  readonly brand: Brand;
};

export type Brand = {
  readonly name: string;
  /** `#rrggbb`, and what is readable on it. */
  readonly accent: string;
  readonly ink: string;
  /** `portal.logoFile`; without one there is Berth's own in the accent. */
  readonly logo: Logo | null;
};

// Next bundles the pages apart from the server that mounts them: the two share a process, not modules.
const key = Symbol.for("berth.web.settings");
type Holder = { [key]?: WebSettings };

export function setWebSettings(settings: WebSettings): void {
  (globalThis as Holder)[key] = settings;
}

export function webSettings(): WebSettings {
  const settings = (globalThis as Holder)[key];
  if (settings === undefined) throw new Error("The pages were loaded without the web role. Start it with serveWeb.");
  return settings;
}
