import sanitizeHtml from "sanitize-html";
import type { ChoiceView, LimitsView, ProfileOptionView, ProfileView } from "#server/api/views.ts";
import type { Config } from "#server/config/schema.ts";
import { defaultChoiceOf, type ListedProfile, listedProfiles, settledConfig } from "./catalogue.ts";
import { limitsOf } from "./limits.ts";
import type { ProfileOption, UnlistedChoice } from "./profile-list.ts";
import { resolveProfile } from "./resolve.ts";

/** Made once for each configuration; a reload of the profiles brings a new one. */
const cards = new WeakMap<Config, readonly ProfileView[]>();

/** The spawn page's cards: each profile with what it and each of its choices come to, the other options at their defaults. */
export function profileViews(config: Config, expectedSeconds: ReadonlyMap<string, number>): ProfileView[] {
  const made = cards.get(config) ?? listedProfiles(config).map((profile) => cardFor(config, profile));
  cards.set(config, made);
  return made.map((card) => ({ ...card, expectedSeconds: expectedSeconds.get(card.slug) ?? null }));
}

function cardFor(config: Config, profile: ListedProfile): ProfileView {
  return {
    slug: profile.slug,
    displayName: profile.display_name,
    description: cleanDescription(profile.description),
    default: profile.isDefault,
    limits: limitsWith(config, profile, {}),
    options: Object.entries(profile.profile_options).map(([name, option]) => optionView(config, profile, name, option)),
    expectedSeconds: null,
  };
}

function optionView(config: Config, profile: ListedProfile, name: string, option: ProfileOption): ProfileOptionView {
  const chosen = defaultChoiceOf(option);
  const choices = Object.entries(option.choices ?? {}).map(
    ([slug, choice]): ChoiceView => ({
      slug,
      displayName: choice.display_name,
      default: slug === chosen,
      limits: limitsWith(config, profile, { [name]: slug }),
    }),
  );
  const unlisted = option.unlisted_choice?.enabled === true ? unlistedView(option, option.unlisted_choice) : null;
  return { name, displayName: option.display_name, choices, unlisted };
}

function unlistedView(option: ProfileOption, unlisted: UnlistedChoice): ProfileOptionView["unlisted"] {
  return {
    displayName: unlisted.display_name ?? option.display_name,
    displayNameInChoices: unlisted.display_name_in_choices,
    pattern: unlisted.validation_regex ?? "",
    message: unlisted.validation_message ?? "",
  };
}

/** An option without a default choice has no limits to show until a value is typed: the profile's own stand in. */
function limitsWith(config: Config, profile: ListedProfile, options: Readonly<Record<string, string>>): LimitsView {
  const resolved = resolveProfile({
    config: settledConfig(config, profile),
    profile: profile.slug,
    options,
    user: { name: "someone" },
    server: { name: "" },
  });
  // `loadConfig` has resolved every profile and choice before anything is served.
  if (!resolved.ok) throw new Error(`profile ${profile.slug}: ${resolved.problem.field}: ${resolved.problem.message}`);
  return limitsOf(resolved.spec);
}

/** Words and links only: nothing that runs, loads, floats over the page or looks like the portal's own form. */
export function cleanDescription(html: string): string {
  return sanitizeHtml(html, {
    allowedTags: [
      "a",
      "b",
      "strong",
      "i",
      "em",
      "u",
      "s",
      "code",
      "pre",
      "kbd",
      "br",
      "p",
      "ul",
      "ol",
      "li",
      "small",
      "sub",
      "sup",
    ],
    allowedAttributes: { a: ["href", "rel", "target"] },
    allowedSchemes: ["https", "http", "mailto"],
    allowProtocolRelative: false,
    disallowedTagsMode: "discard",
    transformTags: {
      a: (tagName, { href }) => ({
        tagName,
        attribs: { ...(href === undefined ? {} : { href }), rel: "noopener noreferrer", target: "_blank" },
      }),
    },
  });
}
