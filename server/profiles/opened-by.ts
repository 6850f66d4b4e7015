import type { OpenedProfile } from "#server/api/group-views.ts";
import type { Config } from "#server/config/schema.ts";
import { isOpen } from "./access.ts";
import { type ListedProfile, listedProfiles } from "./catalogue.ts";

/** The profiles a member of this group and of no other may use, and which of their choices are there thanks to the group. */
export function profilesOpenedBy(config: Config, group: string): OpenedProfile[] {
  return listedProfiles(config)
    .filter((profile) => isOpen(profile, [group]))
    .map((profile) => ({
      slug: profile.slug,
      displayName: profile.display_name,
      by: isOpen(profile, []) ? "everybody" : "group",
      deprecated: profile.deprecated !== undefined,
      choices: choicesOpenedBy(profile, group),
    }));
}

function choicesOpenedBy(profile: ListedProfile, group: string): OpenedProfile["choices"] {
  return Object.values(profile.profile_options).flatMap((option) => {
    const choices = Object.values(option.choices ?? {});
    const unlisted = option.unlisted_choice;
    const typed = unlisted?.enabled === true ? [{ ...unlisted, display_name: unlisted.display_name_in_choices }] : [];
    return [...choices, ...typed]
      .filter((choice) => isOpen(choice, [group]) && !isOpen(choice, []))
      .map((choice) => ({ option: option.display_name, displayName: choice.display_name }));
  });
}
