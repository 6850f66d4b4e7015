import { groupRoutes } from "./groups.ts";
import { hubRoutes } from "./hub.ts";
import { oauthRoutes } from "./oauth.ts";
import type { RestRoute } from "./route.ts";
import { serverRoutes } from "./servers.ts";
import { tokenRoutes } from "./tokens.ts";
import { userRoutes } from "./users.ts";

/** Every route below `/hub/api` but health, live and metrics. Tests walk this, and docs/rest-api.md is made of it. */
export const routes: readonly RestRoute[] = [
  ...hubRoutes,
  ...userRoutes,
  ...serverRoutes,
  ...tokenRoutes,
  ...groupRoutes,
  ...oauthRoutes,
];
