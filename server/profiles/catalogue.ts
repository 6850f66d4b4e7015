import type { Config } from "#server/config/schema.ts";
import { type AskingGroups, isOpen } from "./access.ts";
import type { Profile } from "./profile-list.ts";
import { slugOf } from "./profile-list.ts";

export type ListedProfile = Profile & { readonly slug: string; readonly isDefault: boolean };

/** The profile of an installation that lists none. */
const onlyProfile: ListedProfile = {
  display_name: "Default",
  slug: "default",
  description: "",
  kubespawner_override: {},
  profile_options: {},
  isDefault: true,
};

/** Every profile with its slug, in the order the page shows: as listed, or by key where a mapping was given. One is the default. */
export function listedProfiles(config: Config): readonly ListedProfile[] {
  const configured = config.singleuser.profileList;
  if (configured === undefined) return [onlyProfile];
  const profiles = Array.isArray(configured)
    ? configured
    : Object.entries(configured)
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([, profile]) => profile);
  const marked = profiles.findIndex((profile) => profile.default === true);
  return profiles.map((profile, index) => ({
    ...profile,
    slug: slugOf(profile),
    isDefault: index === Math.max(marked, 0),
  }));
}

/** The choice an option starts with: the marked one, else the first that is open; `null` where only a typed value is possible. */
export function defaultChoiceOf(
  option: Profile["profile_options"][string],
  groups: AskingGroups = "configuration",
): string | null {
  const choices = Object.entries(option.choices ?? {}).filter(([, choice]) => isOpen(choice, groups));
  const marked = choices.find(([, choice]) => choice.default === true) ?? choices[0];
  return marked?.[0] ?? null;
}

/**
 * The configuration with this profile alone, and of its options those that have a default: what can be said about a profile
 * before anybody typed a value.
 */
export function settledConfig(config: Config, { isDefault: _, ...profile }: ListedProfile): Config {
  const settled = Object.entries(profile.profile_options).filter(([, option]) => defaultChoiceOf(option) !== null);
  const profileList = [{ ...profile, profile_options: Object.fromEntries(settled) }];
  return { ...config, singleuser: { ...config.singleuser, profileList } };
}
