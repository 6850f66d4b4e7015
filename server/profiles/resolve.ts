import type { Config } from "#server/config/schema.ts";
import { type AskingGroups, isOpen } from "./access.ts";
import { baseSettings } from "./base-settings.ts";
import { type ListedProfile, listedProfiles } from "./catalogue.ts";
import { applyOverride, type Plain } from "./merge.ts";
import { closed, forbidden, invalid, type Problem, pick, type ResolveProblem, typedKey } from "./pick.ts";
import type { ProfileOption } from "./profile-list.ts";
import { serverSpecFrom } from "./server-spec.ts";
import type { ServerSpec } from "./spec.ts";
import { Settings } from "./traits.ts";

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

export type ResolveResult =
  | {
      readonly ok: true;
      readonly spec: ServerSpec;
      readonly profileSlug: string;
      readonly options: Readonly<Record<string, string>>;
    }
  | { readonly ok: false; readonly problem: ResolveProblem };

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

function unknownOption(profile: ListedProfile, options: Readonly<Record<string, string>>): ResolveProblem | null {
  const known = new Set(Object.keys(profile.profile_options).flatMap((name) => [name, typedKey(name)]));
  const unknown = Object.keys(options).find((key) => !known.has(key));
  if (unknown === undefined) return null;
  const names = Object.keys(profile.profile_options).map((name) => `“${name}”`);
  const has = names.length === 0 ? "has no options" : `has only ${names.join(", ")}`;
  return invalid(unknown, `The profile “${profile.display_name}” ${has}; “${unknown}” is not one.`);
}

/** `image_spec` is KubeSpawner's old name of `image`, still used by its own documentation. */
function withoutAlias(override: Plain): Plain {
  const { image_spec: alias, ...rest } = override;
  return alias === undefined ? rest : { image: alias, ...rest };
}

function issueSentence(option: ProfileOption, message: string | undefined): string {
  return `The choice for “${option.display_name}” can't be used: ${message ?? "it makes a setting invalid"}`;
}
