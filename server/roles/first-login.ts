import { hasAdminWhoCanLogIn } from "#db/user-counts.ts";
import { createAdminLink } from "#server/auth/admin-link.ts";
import type { Hub } from "#server/hub.ts";
import { publicUrlOf } from "#server/servers/public-url.ts";

/** A link that logs the first admin in, once, as Jupyter prints one; null when an admin can log in already. */
export async function firstLogin(hub: Hub): Promise<string | null> {
  if (await hasAdminWhoCanLogIn(hub.db)) return null;
  const { code } = await createAdminLink(hub.systemContext("first start"));
  return `${publicUrlOf(hub.config)}/hub/login?code=${code}`;
}
