import sanitizeHtml from "sanitize-html";
import type { ChoiceView, DeprecatedView, LimitsView, ProfileOptionView, ProfileView } from "#server/api/views.ts";
import type { Config } from "#server/config/schema.ts";
import { type AccessRule, type AskingGroups, standingOf } from "./access.ts";
import { defaultChoiceOf, type ListedProfile, listedProfiles, settledConfig } from "./catalogue.ts";
import { limitsOf } from "./limits.ts";
import { noChoiceSentence } from "./pick.ts";
import type { ProfileOption, UnlistedChoice } from "./profile-list.ts";
import { resolveProfile } from "./resolve.ts";

/** Made once for each configuration; a reload of the profiles brings a new one. */
const cards = new WeakMap<Config, readonly Card[]>();

type Card = { readonly profile: ListedProfile; readonly view: ProfileView };

/**
 * The spawn page's cards for somebody in these groups: each profile they may see with what it and each of its choices come to, the
 * other options at their defaults.
 */
export function profileViews(
  config: Config,
  expectedSeconds: ReadonlyMap<string, number>,
  groups: AskingGroups,
): ProfileView[] {
  const made = cards.get(config) ?? listedProfiles(config).map((profile) => cardFor(config, profile));
  cards.set(config, made);
  const seen = made.flatMap((card) => cardSeenBy(card, groups));
  const chosen = seen.find((card) => card.default) ?? seen.find((card) => card.denied === null);
  return seen.map((card) => ({
    ...card,
    default: card === chosen,
    expectedSeconds: expectedSeconds.get(card.slug) ?? null,
  }));
}

function cardSeenBy({ profile, view }: Card, groups: AskingGroups): ProfileView[] {
  const standing = standingOf(profile, groups);
  if (standing.kind === "hidden") return [];
  const options = view.options.map((option) => {
    const rules = profile.profile_options[option.name];
    return rules === undefined ? { ...option, closed: false } : optionSeenBy(option, rules, groups);
  });
  const closed = options.find((option) => option.closed);
  const shut = closed === undefined ? null : noChoiceSentence({ display_name: closed.displayName });
  const denied = standing.kind === "denied" ? standing.message : shut;
  const shown = options.map(({ closed: _, ...option }) => option);
  return [{ ...view, options: shown, denied, default: view.default && denied === null }];
}

function optionSeenBy(
  option: ProfileOptionView,
  rules: ProfileOption,
  groups: AskingGroups,
): ProfileOptionView & { readonly closed: boolean } {
  const chosen = defaultChoiceOf(rules, groups);
  const choices = option.choices.flatMap((choice) => {
    const standing = standingOf(rules.choices?.[choice.slug] ?? {}, groups);
    if (standing.kind === "hidden") return [];
    const denied = standing.kind === "denied" ? standing.message : null;
    return [{ ...choice, denied, default: choice.slug === chosen }];
  });
  const typed = standingOf(rules.unlisted_choice ?? {}, groups);
  const unlisted = option.unlisted === null || typed.kind === "hidden" ? null : option.unlisted;
  const denied = typed.kind === "denied" ? typed.message : null;
  const canType = unlisted !== null && denied === null;
  return {
    ...option,
    choices,
    unlisted: unlisted === null ? null : { ...unlisted, denied },
    closed: chosen === null && !canType,
  };
}

function cardFor(config: Config, profile: ListedProfile): Card {
  const view = {
    slug: profile.slug,
    displayName: profile.display_name,
    description: cleanDescription(profile.description),
    default: profile.isDefault,
    limits: limitsWith(config, profile, {}),
    options: Object.entries(profile.profile_options).map(([name, option]) => optionView(config, profile, name, option)),
    expectedSeconds: null,
    denied: null,
    deprecated: deprecatedView(
      profile,
      (use) => listedProfiles(config).find(({ slug }) => slug === use)?.display_name ?? use,
    ),
  };
  return { profile, view };
}

function optionView(config: Config, profile: ListedProfile, name: string, option: ProfileOption): ProfileOptionView {
  const chosen = defaultChoiceOf(option);
  const named = (use: string) => option.choices?.[use]?.display_name ?? use;
  const choices = Object.entries(option.choices ?? {}).map(
    ([slug, choice]): ChoiceView => ({
      slug,
      displayName: choice.display_name,
      default: slug === chosen,
      limits: limitsWith(config, profile, { [name]: slug }),
      denied: null,
      deprecated: deprecatedView(choice, named),
    }),
  );
  const unlisted = option.unlisted_choice?.enabled === true ? unlistedView(option, option.unlisted_choice) : null;
  return {
    name,
    displayName: option.display_name,
    choices,
    unlisted: unlisted === null ? null : { ...unlisted, deprecated: deprecatedView(option.unlisted_choice, named) },
  };
}

function deprecatedView(rule: AccessRule = {}, named: (slug: string) => string): DeprecatedView | null {
  if (rule.deprecated === undefined) return null;
  const { use, message } = rule.deprecated;
  return { use, useDisplayName: named(use), message: message ?? null };
}

function unlistedView(option: ProfileOption, unlisted: UnlistedChoice): NonNullable<ProfileOptionView["unlisted"]> {
  return {
    displayName: unlisted.display_name ?? option.display_name,
    displayNameInChoices: unlisted.display_name_in_choices,
    pattern: unlisted.validation_regex ?? "",
    message: unlisted.validation_message ?? "",
    denied: null,
    deprecated: null,
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
    groups: "configuration",
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
