import { RE2JS } from "re2js";
import { z } from "zod";
import { ProfileCullInput } from "#server/culler/profile-cull.ts";
import { type AccessRule, accessKeys, accessProblems } from "./access.ts";
import { slugify } from "./slugify.ts";
import { KubespawnerOverride, Settings } from "./traits.ts";
import { refusedTraits } from "./traits-refused.ts";
import { placeProblems } from "./unlisted-value.ts";

/** `singleuser.profileList`, key for key as KubeSpawner and z2jh document it. */

const name = z.string().min(1).max(256);
const slug = z
  .string()
  .regex(/^[a-zA-Z0-9][a-zA-Z0-9._-]{0,127}$/, { error: "A slug is made of letters, digits, “.”, “_” and “-”." });

/** Rules run in RE2, whose time grows with the length of the value alone; it has no look-around and no back-references. */
export function compileRule(pattern: string): RE2JS | string {
  try {
    return RE2JS.compile(pattern);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

const rule = z
  .string()
  .max(2048)
  .superRefine((pattern, context) => {
    const compiled = compileRule(pattern);
    if (typeof compiled === "string")
      context.addIssue({
        code: "custom",
        message: `The regular expression doesn't compile (${compiled}). Berth runs it in RE2, which has no look-around and no back-references.`,
      });
  });

const Choice = z.strictObject({
  display_name: name,
  default: z.boolean().optional(),
  kubespawner_override: KubespawnerOverride.prefault({}),
  ...accessKeys,
});

/** Strings hold `{value}` here, so a setting that does is checked when the value is known; its name and place are checked now. */
const UnlistedOverride = z.record(z.string(), z.unknown()).superRefine((override, context) => {
  for (const [trait, value] of Object.entries(override)) {
    const checked = KubespawnerOverride.safeParse({ [trait]: value });
    const known = trait in Settings.shape || trait === "image_spec";
    if (!known) {
      const reason = refusedTraits[trait];
      if (reason === undefined) context.addIssue({ code: "unrecognized_keys", keys: [trait], input: override });
      else context.addIssue({ code: "custom", path: [trait], message: `“${trait}” can't be set: ${reason}` });
      continue;
    }
    const placed = placeProblems(trait, value);
    for (const problem of placed.problems)
      context.addIssue({ code: "custom", path: [...problem.path], message: problem.message });
    if (!placed.hasValue && !checked.success)
      for (const issue of checked.error.issues)
        context.addIssue({ code: "custom", path: [...issue.path], message: issue.message });
  }
});

const UnlistedChoice = z.strictObject({
  enabled: z.boolean().default(false),
  display_name: name.optional(),
  display_name_in_choices: name.default("Other..."),
  validation_regex: rule.optional(),
  validation_message: z.string().max(1024).optional(),
  kubespawner_override: UnlistedOverride.prefault({}),
  ...accessKeys,
});
export type UnlistedChoice = z.infer<typeof UnlistedChoice>;

const ProfileOption = z
  .strictObject({
    display_name: name,
    choices: z.record(slug, Choice).optional(),
    unlisted_choice: UnlistedChoice.optional(),
  })
  .superRefine((option, context) => {
    const choices = Object.values(option.choices ?? {});
    if (choices.length === 0 && option.unlisted_choice?.enabled !== true)
      context.addIssue({ code: "custom", message: "An option needs choices, or an unlisted_choice that is enabled." });
    if (choices.filter((choice) => choice.default === true).length > 1)
      context.addIssue({ code: "custom", path: ["choices"], message: "Only one choice can be the default." });
    const known = new Map<string, AccessRule>(Object.entries(option.choices ?? {}));
    for (const [slug, choice] of known) addAccessProblems(context, choice, slug, known, ["choices", slug]);
    addAccessProblems(context, option.unlisted_choice ?? {}, null, known, ["unlisted_choice"]);
  });
export type ProfileOption = z.infer<typeof ProfileOption>;

const optionName = z
  .string()
  .regex(/^[a-zA-Z0-9][a-zA-Z0-9._-]{0,127}$/, {
    error: "An option's name is made of letters, digits, “.”, “_” and “-”.",
  })
  .refine((option) => option !== "profile" && !option.includes("--"), {
    error: "An option can't be called “profile”, nor hold “--”: the form uses those.",
  });

const Profile = z.strictObject({
  display_name: name,
  slug: slug.optional().describe("Default: made from display_name, as KubeSpawner does."),
  description: z
    .string()
    .max(10_000)
    .default("")
    .describe("May hold simple HTML; scripts, styles and event handlers are removed."),
  default: z.boolean().optional(),
  kubespawner_override: KubespawnerOverride.prefault({}),
  cull: ProfileCullInput,
  profile_options: z.record(optionName, ProfileOption).default({}),
  ...accessKeys,
});
export type Profile = z.infer<typeof Profile>;

const empty = "The list has no profile. Add one, or leave “profileList” out to have a single server without a choice.";

export const ProfileList = z
  .union([
    z.array(Profile).min(1, { error: empty }),
    z.record(slug, Profile).refine((profiles) => Object.keys(profiles).length > 0, { error: empty }),
  ])
  .superRefine((profiles, context) => {
    const seen = new Set<string>();
    let defaults = 0;
    const known = new Map<string, AccessRule>(Object.values(profiles).map((profile) => [slugOf(profile), profile]));
    for (const [key, profile] of Object.entries(profiles)) {
      const path = Array.isArray(profiles) ? [Number(key)] : [key];
      const own = slugOf(profile);
      if (own === "")
        context.addIssue({
          code: "custom",
          path,
          message: "No slug can be made from this display_name. Add a “slug”.",
        });
      else if (seen.has(own))
        context.addIssue({
          code: "custom",
          path,
          message: `Two profiles have the slug “${own}”. Give one of them a “slug” of its own.`,
        });
      seen.add(own);
      addAccessProblems(context, profile, own, known, path);
      defaults += profile.default === true ? 1 : 0;
      if (profile.default === true && defaults === 2)
        context.addIssue({
          code: "custom",
          path: [...path, "default"],
          message: "Only one profile can be the default.",
        });
    }
  });
export type ProfileList = z.infer<typeof ProfileList>;

type Context = { addIssue(issue: { code: "custom"; path: (string | number)[]; message: string }): void };

function addAccessProblems(
  context: Context,
  rule: AccessRule,
  own: string | null,
  known: ReadonlyMap<string, AccessRule>,
  path: readonly (string | number)[],
): void {
  for (const { key, message } of accessProblems(rule, own, known))
    context.addIssue({ code: "custom", path: [...path, key], message });
}

/** A missing slug is made from display_name, in a mapping too, whatever its key (KubeSpawner's `_get_initialized_profile_list`). */
export function slugOf(profile: { readonly slug?: string | undefined; readonly display_name: string }): string {
  return profile.slug ?? slugify(profile.display_name);
}
