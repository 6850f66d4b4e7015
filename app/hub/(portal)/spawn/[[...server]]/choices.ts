import type { ProfileOptionView, ProfileView, StartOptionsView } from "#server/api/views.ts";

/** What stands in the form: a profile, and for each of its options a choice or a typed value. */
export type Selection = { readonly profile: string; readonly values: Readonly<Record<string, OptionValue>> };
export type OptionValue =
  | { readonly kind: "choice"; readonly slug: string }
  | { readonly kind: "typed"; readonly text: string };

export type Asked = { readonly profile: string | null; readonly options: Readonly<Record<string, string>> };

/** A typed value travels under this name, as KubeSpawner's form sends it. */
function typedKey(option: string): string {
  return `${option}--unlisted-choice`;
}

/** The form as it first shows: the link's wishes, else the last start's, else the defaults. What no longer exists falls back. */
export function firstSelection(view: StartOptionsView, preset: Asked | null): Selection | null {
  const { profiles, last } = view;
  const find = (slug: string | null | undefined) => profiles.find((profile) => profile.slug === slug);
  const asked = preset !== null && (preset.profile !== null || Object.keys(preset.options).length > 0) ? preset : null;
  const profile =
    find(asked?.profile) ?? (asked?.profile == null ? find(last?.profile) : undefined) ?? defaultProfile(profiles);
  if (profile === undefined) return null;
  const remembered = last?.profile === profile.slug ? last.options : {};
  return selectionFor(profile, { ...remembered, ...(asked?.options ?? {}) });
}

function defaultProfile(profiles: readonly ProfileView[]): ProfileView | undefined {
  return profiles.find((profile) => profile.default) ?? profiles[0];
}

export function selectionFor(profile: ProfileView, options: Readonly<Record<string, string>>): Selection {
  const values = profile.options.map((option) => [option.name, valueFor(option, options)] as const);
  return { profile: profile.slug, values: Object.fromEntries(values) };
}

function valueFor(option: ProfileOptionView, options: Readonly<Record<string, string>>): OptionValue {
  const typed = options[typedKey(option.name)];
  if (typed !== undefined && option.unlisted !== null) return { kind: "typed", text: typed };
  const listed = option.choices.find((choice) => choice.slug === options[option.name]);
  const fallback = listed ?? option.choices.find((choice) => choice.default) ?? option.choices[0];
  return fallback === undefined ? { kind: "typed", text: "" } : { kind: "choice", slug: fallback.slug };
}

/** As the hub takes them. */
export function optionsOf(selection: Selection): Record<string, string> {
  return Object.fromEntries(
    Object.entries(selection.values).map(([name, value]) =>
      value.kind === "choice" ? [name, value.slug] : [typedKey(name), value.text],
    ),
  );
}

/** The first typed value that doesn't fit its pattern, with the sentence for it. The hub checks again, with RE2. */
export function typedProblem(
  profile: ProfileView,
  selection: Selection,
  emptySentence: string,
): { readonly option: string; readonly message: string } | null {
  for (const option of profile.options) {
    const value = selection.values[option.name];
    if (value?.kind !== "typed" || option.unlisted === null) continue;
    if (value.text === "") return { option: option.name, message: option.unlisted.message || emptySentence };
    if (!fits(option.unlisted.pattern, value.text))
      return { option: option.name, message: option.unlisted.message || emptySentence };
  }
  return null;
}

/** A pattern this browser can't read is left to the hub. */
function fits(pattern: string, text: string): boolean {
  if (pattern === "") return true;
  try {
    return new RegExp(`^(?:${pattern})$`).test(text);
  } catch {
    return true;
  }
}

export function searchProfiles(profiles: readonly ProfileView[], search: string): readonly ProfileView[] {
  const words = search
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== "");
  return profiles.filter((profile) => {
    const text = `${profile.displayName} ${profile.description.replace(/<[^>]*>/g, " ")}`.toLowerCase();
    return words.every((word) => text.includes(word));
  });
}
