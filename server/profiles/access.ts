import { z } from "zod";

/** Berth's own keys, beside KubeSpawner's: who may use a profile, a choice or a typed value, and what the others see. */
export const accessKeys = {
  allowed_groups: z
    .array(z.string().min(1).max(255))
    .min(1, { error: "An empty list would let nobody in. Remove it to let everybody in, or say “hidden: true”." })
    .optional()
    .describe("Only members of one of these groups may use it; the others don't see it. Default: everybody."),
  hidden: z
    .boolean()
    .optional()
    .describe("Not shown and not startable: for everybody, or with allowed_groups for all others (as without it)."),
  denied: z
    .string()
    .trim()
    .min(1)
    .max(500)
    .optional()
    .describe("Shown greyed with this sentence, not startable: for everybody, or with allowed_groups for all others."),
  deprecated: z
    .strictObject({ use: z.string().min(1).max(128), message: z.string().trim().min(1).max(500).optional() })
    .optional()
    .describe("Still startable, with a notice: `use` names the slug of what to use instead."),
};

export type AccessRule = {
  readonly allowed_groups?: readonly string[] | undefined;
  readonly hidden?: boolean | undefined;
  readonly denied?: string | undefined;
  readonly deprecated?: { readonly use: string; readonly message?: string | undefined } | undefined;
};

/** Groups of whoever the server is for. `configuration`: nobody's start, the file itself is looked at and no rule applies. */
export type AskingGroups = readonly string[] | "configuration";

export type Standing =
  | { readonly kind: "open" }
  | { readonly kind: "denied"; readonly message: string }
  | { readonly kind: "hidden" };

const open: Standing = { kind: "open" };

/** What the rule says to somebody in these groups. Whoever `allowed_groups` names passes; the others get what else is written. */
export function standingOf(rule: AccessRule, groups: AskingGroups): Standing {
  if (groups === "configuration") return open;
  const { allowed_groups: allowed, hidden, denied } = rule;
  if (allowed?.some((group) => groups.includes(group))) return open;
  if (denied !== undefined) return { kind: "denied", message: denied };
  return allowed === undefined && hidden !== true ? open : { kind: "hidden" };
}

export function isOpen(rule: AccessRule, groups: AskingGroups): boolean {
  return standingOf(rule, groups).kind === "open";
}

/** The sentence a start is refused with. `what` is such as `the profile “GPU”`. */
export function refusalSentence(what: string, rule: AccessRule, standing: Exclude<Standing, { kind: "open" }>): string {
  const sentence =
    standing.kind === "denied"
      ? `${capital(what)} can't be used: ${standing.message}`
      : rule.allowed_groups === undefined
        ? `${capital(what)} is no longer offered.`
        : `${capital(what)} isn't open to the groups of this user. Ask a manager of your group, or an admin, if you need it.`;
  return rule.deprecated === undefined ? sentence : `${sentence} Use “${rule.deprecated.use}” instead.`;
}

/** What is wrong in the rule although each key has the right type. `known` are the slugs `use` may name. */
export function accessProblems(
  rule: AccessRule,
  own: string | null,
  known: ReadonlyMap<string, AccessRule>,
): { readonly key: keyof AccessRule; readonly message: string }[] {
  const problems: { key: keyof AccessRule; message: string }[] = [];
  if (rule.hidden === true && rule.denied !== undefined)
    problems.push({ key: "denied", message: "“hidden” and “denied” contradict each other. Keep one of them." });
  const use = rule.deprecated?.use;
  if (use === undefined) return problems;
  const other = known.get(use);
  if (use === own) problems.push({ key: "deprecated", message: "It can't be replaced by itself." });
  else if (other === undefined)
    problems.push({
      key: "deprecated",
      message: `“${use}” isn't there. “use” names one of ${[...known.keys()].map((slug) => `“${slug}”`).join(", ")}.`,
    });
  else if (other.deprecated !== undefined)
    problems.push({ key: "deprecated", message: `“${use}” is deprecated itself. Name what people should use.` });
  return problems;
}

function capital(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
}
