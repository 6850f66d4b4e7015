import type { Config } from "#server/config/schema.ts";
import { prefixFor } from "./names.ts";
import { publicUrlOf } from "./public-url.ts";

type Page = {
  readonly ownerName: string;
  readonly serverName: string;
  readonly originLabel: string;
  readonly path: string;
};

/** Where the browser finds a page of a server: on its owner's origin when users have origins of their own. */
export function serverUrlFor(config: Config, page: Page): string {
  const portal = new URL(publicUrlOf(config));
  const origin =
    config.hub.subdomainHost === undefined
      ? portal.origin
      : `${portal.protocol}//${page.originLabel}.${config.hub.subdomainHost}`;
  return `${origin}${prefixFor(page.ownerName, page.serverName)}${page.path}`;
}
