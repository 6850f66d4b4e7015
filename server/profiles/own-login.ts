import type { Config } from "#server/config/schema.ts";
import { type ListedProfile, listedProfiles, settledConfig } from "./catalogue.ts";
import { resolveProfile } from "./resolve.ts";

/** Whether some server of this profile makes its own login with the hub (`auth: hub`), with the default choices or with one of the others. */
export function hasOwnLogin(config: Config, profile: ListedProfile): boolean {
  const settled = settledConfig(config, profile);
  const others = Object.entries(profile.profile_options).flatMap(([name, option]) =>
    Object.keys(option.choices ?? {}).map((slug) => ({ [name]: slug })),
  );
  return [{}, ...others].some((options) => {
    const [user, server] = [{ name: "a" }, { name: "" }];
    const asked = { config: settled, profile: profile.slug, options, user, server, groups: "configuration" } as const;
    const resolved = resolveProfile(asked);
    return resolved.ok && resolved.spec.app.auth === "hub";
  });
}

export function hasOwnLogins(config: Config): boolean {
  return listedProfiles(config).some((profile) => hasOwnLogin(config, profile));
}
