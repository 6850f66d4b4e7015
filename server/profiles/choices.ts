/** What somebody asked for, before it is held against the profile (`resolveProfile`). */
export type Choices = { readonly profile: string | null; readonly options: Readonly<Record<string, string>> };
export type ChoicesResult =
  | { readonly ok: true; readonly choices: Choices }
  | { readonly ok: false; readonly problem: { readonly field: string; readonly message: string } };

const formPrefix = "profile-option-";

/**
 * The query of `/hub/spawn?opt-profile=gpu&opt-image=base`. JupyterHub 6 asks for the prefix `opt-` (jupyterhub#5470); behind
 * it stand either plain option names or KubeSpawner's form fields (`profile-option-gpu--image`). Other parameters (`next`) are
 * not for us.
 */
export function choicesFromQuery(query: URLSearchParams): ChoicesResult {
  const prefixed = [...query].flatMap(([key, value]): [string, string][] =>
    key.startsWith("opt-") ? [[key.slice(4), value]] : [],
  );
  return choicesFromPairs(prefixed);
}

/** The fields of KubeSpawner's own form, as scripts still send it: `profile`, `profile-option-<profile>--<option>`. */
export function choicesFromForm(form: URLSearchParams): ChoicesResult {
  return choicesFromPairs([...form].filter(([key]) => key !== "_xsrf"));
}

/** `user_options` of JupyterHub's REST API: `{"profile": "gpu", "image": "base"}`; an empty body asks for the default. */
export function choicesFromJson(body: unknown): ChoicesResult {
  if (body === undefined || body === null || body === "") return { ok: true, choices: { profile: null, options: {} } };
  if (typeof body !== "object" || Array.isArray(body))
    return refuse("body", 'Send the options as a JSON object, such as {"profile": "gpu"}.');
  const entries: [string, string][] = [];
  for (const [key, value] of Object.entries(body)) {
    if (typeof value !== "string") return refuse(key, `The value of “${key}” must be text.`);
    entries.push([key, value]);
  }
  return choicesFromPairs(entries);
}

function choicesFromPairs(pairs: readonly (readonly [string, string])[]): ChoicesResult {
  const seen = new Map<string, string>();
  for (const [key, value] of pairs) {
    if (seen.has(key)) return refuse(key, `“${key}” is given twice.`);
    seen.set(key, value);
  }
  const profile = seen.get("profile") ?? null;
  seen.delete("profile");
  const options = new Map<string, string>();
  for (const [key, value] of seen) {
    const name = optionNameOf(key, profile);
    if (name === null) continue;
    if (options.has(name)) return refuse(name, `“${name}” is given twice.`);
    options.set(name, value);
  }
  return { ok: true, choices: { profile, options: Object.fromEntries(options) } };
}

/** KubeSpawner's form sends the options of every profile; those of the others are dropped (`_options_from_form`). */
function optionNameOf(key: string, profile: string | null): string | null {
  if (!key.startsWith(formPrefix)) return key;
  const own = `${formPrefix}${profile ?? ""}--`;
  return key.startsWith(own) ? key.slice(own.length) : null;
}

function refuse(field: string, message: string): ChoicesResult {
  return { ok: false, problem: { field, message } };
}
