import type { z } from "zod";
import type { KeyPath } from "./problem.ts";

export type Finding = {
  readonly path: KeyPath;
  readonly message: string;
  /** The key itself is what is wrong, not its value. */
  readonly unknownKey: string | null;
};

type Issue = z.core.$ZodIssue;

/** zod's issues as one finding each, in plain sentences. */
export function findingsFrom(issues: readonly Issue[], at: KeyPath = []): Finding[] {
  return issues.flatMap((issue) => {
    const path = [...at, ...issue.path.map((part) => (typeof part === "number" ? part : String(part)))];
    if (issue.code === "unrecognized_keys")
      return issue.keys.map((key) => ({ path: [...path, key], message: "There is no such key.", unknownKey: key }));
    if (issue.code === "invalid_union") return findingsFromUnion(issue, path);
    if (issue.code === "invalid_key")
      return [{ path, message: issue.issues[0]?.message ?? "This key can't be used here.", unknownKey: null }];
    return [{ path, message: sentenceFor(issue), unknownKey: null }];
  });
}

/** Of the ways a value could be right, the one its writer most likely had in mind. */
function findingsFromUnion(issue: Extract<Issue, { code: "invalid_union" }>, path: KeyPath): Finding[] {
  if (issue.message !== "Invalid input") return [{ path, message: issue.message, unknownKey: null }];
  const ranked = issue.errors.map((errors) => ({ errors, misfit: Math.max(0, ...errors.map(misfit)) }));
  const best = ranked.filter(({ misfit }) => misfit === Math.min(...ranked.map((one) => one.misfit)));
  const [first] = best.sort((a, b) => a.errors.length - b.errors.length);
  if (first !== undefined && first.misfit < wrongType) return findingsFrom(first.errors, path);
  const types = issue.errors.flatMap((errors) =>
    errors.flatMap((error) => (error.code === "invalid_type" ? [typeName(error.expected)] : [])),
  );
  return [{ path, message: `This must be ${[...new Set(types)].join(" or ")}.`, unknownKey: null }];
}

const wrongType = 2;
function misfit(issue: Issue): number {
  if (issue.path.length > 0) return 0;
  if (issue.code === "invalid_type" || issue.code === "invalid_union") return wrongType;
  return issue.code === "invalid_value" ? 1 : 0;
}

function sentenceFor(issue: Issue): string {
  if (!isDefault(issue.message)) return issue.message;
  switch (issue.code) {
    case "invalid_type":
      return issue.message.endsWith("received undefined")
        ? `This is missing; it must be ${typeName(issue.expected)}.`
        : `This must be ${typeName(issue.expected)}.`;
    case "invalid_value":
      return `This must be ${issue.values.map((value) => `“${String(value)}”`).join(" or ")}.`;
    case "too_small":
      return tooSmall(issue);
    case "too_big":
      return issue.origin === "string"
        ? `This is too long; ${issue.maximum} characters are the most.`
        : `This must be ${issue.maximum} or less.`;
    case "invalid_format":
      return formatSentence(issue);
    default:
      return `This can't be used: ${issue.message}.`;
  }
}

function tooSmall(issue: Extract<Issue, { code: "too_small" }>): string {
  if (issue.origin === "string") return "This can't be empty.";
  if (issue.origin === "array") return "This list can't be empty. Add an entry, or leave the key out.";
  return `This must be ${issue.minimum} or more.`;
}

function formatSentence(issue: Extract<Issue, { code: "invalid_format" }>): string {
  if (issue.format === "url") return "This must be an address that begins with http:// or https://.";
  if (issue.format === "starts_with") return "This must begin with “/”.";
  if (issue.format === "regex") return `This doesn't have the right form (${issue.pattern ?? "a pattern"}).`;
  return `This must be a valid ${issue.format}.`;
}

/** zod's own words; ours end with a full stop. */
function isDefault(message: string): boolean {
  return !message.endsWith(".");
}

function typeName(expected: string): string {
  const names: Readonly<Record<string, string>> = {
    string: "text",
    number: "a number",
    int: "a whole number",
    boolean: "true or false",
    array: "a list",
    object: "a mapping (keys and values)",
    record: "a mapping (keys and values)",
    null: "null",
  };
  return names[expected] ?? expected;
}
