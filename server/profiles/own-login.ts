import type { Config } from "#server/config/schema.ts";
import { type ListedProfile, listedProfiles } from "./catalogue.ts";
import { specsOf } from "./every-spec.ts";

/** Whether some server of this profile makes its own login with the hub (`auth: hub`), with the default choices or with one of the others. */
export function hasOwnLogin(config: Config, profile: ListedProfile): boolean {
  return specsOf(config, profile).some(({ app }) => app.auth === "hub");
}

export function hasOwnLogins(config: Config): boolean {
  return listedProfiles(config).some((profile) => hasOwnLogin(config, profile));
}
