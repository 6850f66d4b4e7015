import type { Config } from "#server/config/schema.ts";
import { type ListedProfile, listedProfiles, settledConfig } from "./catalogue.ts";
import { resolveProfile } from "./resolve.ts";
import type { ServerSpec } from "./spec.ts";

/** What a profile leads to: with the default choices, then with each other choice beside the others' defaults. Nobody's, whoever may start it. */
export function specsOf(config: Config, profile: ListedProfile): readonly ServerSpec[] {
  const settled = settledConfig(config, profile);
  const others = Object.entries(profile.profile_options).flatMap(([name, option]) =>
    Object.keys(option.choices ?? {}).map((slug) => ({ [name]: slug })),
  );
  return [{}, ...others].flatMap((options) => {
    const [user, server] = [{ name: "a" }, { name: "" }];
    const asked = { config: settled, profile: profile.slug, options, user, server, groups: "configuration" } as const;
    const resolved = resolveProfile(asked);
    return resolved.ok ? [resolved.spec] : [];
  });
}

export function everySpec(config: Config): readonly ServerSpec[] {
  return listedProfiles(config).flatMap((profile) => specsOf(config, profile));
}

/** Of the default profile; undefined where its options have no defaults that fit. */
export function defaultSpec(config: Config): ServerSpec | undefined {
  const profile = listedProfiles(config).find(({ isDefault }) => isDefault);
  return profile === undefined ? undefined : specsOf(config, profile)[0];
}
