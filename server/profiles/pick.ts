import { type AccessRule, type AskingGroups, isOpen, refusalSentence, standingOf } from "./access.ts";
import { defaultChoiceOf } from "./catalogue.ts";
import type { Plain } from "./merge.ts";
import { compileRule, type ProfileOption } from "./profile-list.ts";
import { placeValue, spawnerFieldIn } from "./unlisted-value.ts";

/** `forbidden`: it exists, and isn't open to this user. */
export type ResolveProblem = {
  readonly kind: "invalid" | "forbidden";
  readonly field: string;
  readonly message: string;
};
/** Longest value a user may type. */
const typedValueLength = 512;
/** What KubeSpawner's form sends for an option whose value was typed. */
const unlistedMark = "unlisted-choice";

export type Picked = { readonly key: string; readonly stored: string; readonly override: Plain };
export type Problem = { readonly problem: ResolveProblem };

export const invalid = (field: string, message: string): ResolveProblem => ({ kind: "invalid", field, message });

/** The refusal of what isn't open to somebody in these groups; null when it is. */
export function closed(field: string, what: string, rule: AccessRule, groups: AskingGroups): Problem | null {
  const standing = standingOf(rule, groups);
  return standing.kind === "open" ? null : forbidden(field, refusalSentence(what, rule, standing));
}

export function forbidden(field: string, message: string): Problem {
  return { problem: { kind: "forbidden", field, message } };
}

type Picking = {
  readonly options: Readonly<Record<string, string>>;
  readonly groups: AskingGroups;
  readonly backend: "local" | "kubernetes";
};

/** What an option comes to: the choice that was asked for, or typed, or the one it starts with. */
export function pick(name: string, option: ProfileOption, picking: Picking): Picked | Problem {
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

export function typedKey(option: string): string {
  return `${option}--${unlistedMark}`;
}
