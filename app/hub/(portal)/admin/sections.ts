import type { ScopeName } from "#server/api/answers.ts";

/** Which part of the administration takes which scope, on everything; the hub checks it again with each question. */
export const sections = [
  ["users", "list:users"],
  ["groups", "list:groups"],
  ["servers", "read:servers"],
  ["homes", "admin:homes"],
  ["quotas", "read:groups"],
  ["announcements", "admin:announcements"],
  ["usage", "read:usage"],
  ["audit", "read:audit"],
  ["health", "read:hub"],
] as const satisfies readonly (readonly [string, ScopeName])[];

export type SectionName = (typeof sections)[number][0];

export function sectionsFor(scopes: readonly string[]): SectionName[] {
  return sections.filter(([, scope]) => scopes.includes(scope)).map(([name]) => name);
}
