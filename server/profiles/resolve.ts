import type { Config } from "#server/config/schema.ts";
import { type AccessRule, type AskingGroups, isOpen, refusalSentence, standingOf } from "./access.ts";
import { baseSettings } from "./base-settings.ts";
import { defaultChoiceOf, type ListedProfile, listedProfiles } from "./catalogue.ts";
import { applyOverride, type Plain } from "./merge.ts";
import { compileRule, type ProfileOption } from "./profile-list.ts";
import { serverSpecFrom } from "./server-spec.ts";
import type { ServerSpec } from "./spec.ts";
import { Settings } from "./traits.ts";
import { placeValue, spawnerFieldIn } from "./unlisted-value.ts";

export type ResolveInput = {
  readonly config: Config;
  /** `null` asks for the default profile. */
  readonly profile: string | null;
  /** Choices by option; a value typed by the user under `<option>--unlisted-choice`, as KubeSpawner stores them. */
  readonly options: Readonly<Record<string, string>>;
  readonly user: { readonly name: string };
  readonly server: { readonly name: string };
  /** Groups of the user the server is for, whoever starts it. */
  readonly groups: AskingGroups;
};

/** `forbidden`: it exists, and isn't open to this user. */
export type ResolveProblem = {
  readonly kind: "invalid" | "forbidden";
  readonly field: string;
  readonly message: string;
};
export type ResolveResult =
  | {
      readonly ok: true;
      readonly spec: ServerSpec;
      readonly profileSlug: string;
      readonly options: Readonly<Record<string, string>>;
    }
  | { readonly ok: false; readonly problem: ResolveProblem };

/** Longest value a user may type. */
export const typedValueLength = 512;
/** What KubeSpawner's form sends for an option whose value was typed. */
const unlistedMark = "unlisted-choice";

type Picked = { readonly key: string; readonly stored: string; readonly override: Plain };
type Problem = { readonly problem: ResolveProblem };

const invalid = (field: string, message: string): ResolveProblem => ({ kind: "invalid", field, message });

/**
 * The one way from a profile and its options to a server: base settings, then the profile's override, then each option's in
 * the order the profile lists them. Nothing that isn't a listed choice or a typed value that matches its rule has an effect.
 */
export function resolveProfile(input: ResolveInput): ResolveResult {
  const { config, profile: slug, options, user, server, groups } = input;
  const profile = findProfile(config, slug, groups);
  if ("problem" in profile) return { ok: false, problem: profile.problem };
  const unknown = unknownOption(profile, options);
  if (unknown !== null) return { ok: false, problem: unknown };
  let settings: Plain = applyOverride(baseSettings(config), withoutAlias(profile.kubespawner_override));
  const stored: Record<string, string> = {};
  for (const [name, option] of Object.entries(profile.profile_options)) {
    const picked = pick(name, option, { options, groups, backend: config.spawner.type });
    if ("problem" in picked) return { ok: false, problem: picked.problem };
    settings = applyOverride(settings, withoutAlias(picked.override));
    stored[picked.key] = picked.stored;
    const checked = Settings.safeParse(settings);
    if (!checked.success)
      return { ok: false, problem: invalid(picked.key, issueSentence(option, checked.error.issues[0]?.message)) };
  }
  const checked = Settings.safeParse(settings);
  if (!checked.success) return { ok: false, problem: invalid("profile", checked.error.issues[0]?.message ?? "") };
  const made = serverSpecFrom({
    config,
    settings: checked.data,
    profile: { slug: profile.slug, displayName: profile.display_name },
    userName: user.name,
    serverName: server.name,
  });
  return made.ok
    ? { ok: true, spec: made.spec, profileSlug: profile.slug, options: stored }
    : { ok: false, problem: invalid(made.problem.field, made.problem.message) };
}

/** Without a word about it: the default profile, else the first that is open to the user. */
function findProfile(config: Config, slug: string | null, groups: AskingGroups): ListedProfile | Problem {
  const profiles = listedProfiles(config);
  const offered = profiles.filter((profile) => isOpen(profile, groups));
  if (slug === null || slug === "") {
    const wanted = offered.find((profile) => profile.isDefault) ?? offered[0];
    if (wanted !== undefined) return wanted;
    return forbidden("profile", "No profile is open to this user. Ask a manager of your group, or an admin.");
  }
  const wanted = profiles.find((profile) => profile.slug === slug);
  if (wanted !== undefined) return closed("profile", `the profile “${slug}”`, wanted, groups) ?? wanted;
  const known = offered.map((profile) => `“${profile.slug}”`).join(", ");
  const ask = known === "" ? "None is open to this user." : `Choose one of ${known}.`;
  return { problem: invalid("profile", `There is no profile “${slug}”. ${ask}`) };
}

function closed(field: string, what: string, rule: AccessRule, groups: AskingGroups): Problem | null {
  const standing = standingOf(rule, groups);
  return standing.kind === "open" ? null : forbidden(field, refusalSentence(what, rule, standing));
}

function forbidden(field: string, message: string): Problem {
  return { problem: { kind: "forbidden", field, message } };
}

function unknownOption(profile: ListedProfile, options: Readonly<Record<string, string>>): ResolveProblem | null {
  const known = new Set(Object.keys(profile.profile_options).flatMap((name) => [name, typedKey(name)]));
  const unknown = Object.keys(options).find((key) => !known.has(key));
  if (unknown === undefined) return null;
  const names = Object.keys(profile.profile_options).map((name) => `“${name}”`);
  const has = names.length === 0 ? "has no options" : `has only ${names.join(", ")}`;
  return invalid(unknown, `The profile “${profile.display_name}” ${has}; “${unknown}” is not one.`);
}

type Picking = {
  readonly options: Readonly<Record<string, string>>;
  readonly groups: AskingGroups;
  readonly backend: "local" | "kubernetes";
};

function pick(name: string, option: ProfileOption, picking: Picking): Picked | Problem {
  const typed = picking.options[typedKey(name)] ?? "";
  const asked = picking.options[name] ?? "";
  if (typed !== "") return pickTyped(name, option, { typed, asked }, picking);
  const choices = option.choices ?? {};
  if (asked === unlistedMark && !Object.hasOwn(choices, asked)) {
    const message = `Type a value for “${option.display_name}”, or choose one from the list.`;
    return { problem: invalid(typedKey(name), message) };
  }
  const offered = Object.keys(choices).filter((slug) => isOpen(choices[slug] ?? {}, picking.groups));
  const slug = asked === "" ? defaultChoiceOf(option, picking.groups) : asked;
  if (slug === null) return nothingOpen(name, option, picking.groups);
  const choice = Object.hasOwn(choices, slug) ? choices[slug] : undefined;
  if (choice !== undefined) {
    const what = `“${slug}” for “${option.display_name}”`;
    const picked = { key: name, stored: slug, override: choice.kubespawner_override };
    return closed(name, what, choice, picking.groups) ?? picked;
  }
  const known = offered.map((key) => `“${key}”`).join(", ");
  const message = `“${slug}” is not a choice for “${option.display_name}”. Choose one of ${known}.`;
  return { problem: invalid(name, message) };
}

/** No choice to fall back on: a value must be typed, unless that isn't open to the user either. */
function nothingOpen(name: string, option: ProfileOption, groups: AskingGroups): Problem {
  const unlisted = option.unlisted_choice;
  if (unlisted?.enabled === true && isOpen(unlisted, groups))
    return { problem: invalid(typedKey(name), `“${option.display_name}” needs a value.`) };
  return forbidden(name, noChoiceSentence(option));
}

export function noChoiceSentence(option: { readonly display_name: string }): string {
  return `None of the choices for “${option.display_name}” is open to this user.`;
}

function pickTyped(
  name: string,
  option: ProfileOption,
  { typed, asked }: { readonly typed: string; readonly asked: string },
  { groups, backend }: Picking,
): Picked | Problem {
  const refuse = (message: string) => ({ problem: invalid(typedKey(name), message) });
  const unlisted = option.unlisted_choice;
  if (unlisted?.enabled !== true) return refuse(`“${option.display_name}” takes only the choices in its list.`);
  const shut = closed(typedKey(name), `a value of one's own for “${option.display_name}”`, unlisted, groups);
  if (shut !== null) return shut;
  if (asked !== "" && asked !== unlistedMark)
    return refuse(`“${option.display_name}” has a choice and a typed value. Give one of them.`);
  if (typed.length > typedValueLength)
    return refuse(`The value for “${option.display_name}” is longer than ${typedValueLength} characters.`);
  if (typed.includes("\0"))
    return refuse(`The value for “${option.display_name}” holds a character that no setting can hold.`);
  if (unlisted.validation_regex !== undefined && !matchesWhole(unlisted.validation_regex, typed))
    return refuse(
      unlisted.validation_message ??
        `The value for “${option.display_name}” must match ${unlisted.validation_regex} as a whole.`,
    );
  const override: Record<string, unknown> = {};
  for (const [trait, setting] of Object.entries(unlisted.kubespawner_override)) {
    const field = spawnerFieldIn(trait, typed);
    if (field !== null) return refuse(`The value for “${option.display_name}” can't contain “${field}”.`);
    override[trait] = placeValue(trait, setting, typed, backend);
  }
  return { key: typedKey(name), stored: typed, override };
}

/** KubeSpawner's `re.match` looks at the beginning only, so that `…:v1@sha256:other` passes; here the whole value must match. */
function matchesWhole(pattern: string, typed: string): boolean {
  const rule = compileRule(pattern);
  return typeof rule !== "string" && rule.matches(typed);
}

function typedKey(option: string): string {
  return `${option}--${unlistedMark}`;
}

/** `image_spec` is KubeSpawner's old name of `image`, still used by its own documentation. */
function withoutAlias(override: Plain): Plain {
  const { image_spec: alias, ...rest } = override;
  return alias === undefined ? rest : { image: alias, ...rest };
}

function issueSentence(option: ProfileOption, message: string | undefined): string {
  return `The choice for “${option.display_name}” can't be used: ${message ?? "it makes a setting invalid"}`;
}
