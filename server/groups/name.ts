import { z } from "zod";

/** One spelling: NFKC, no space around, one space between. Unlike users' names, case is kept. */
export function normaliseGroupName(text: string): string {
  return text.normalize("NFKC").trim().replace(/ {2,}/g, " ");
}

/** What no group made here may be called, as a sentence; null when the name is fine. A provider's groups are called what it calls them. */
export function groupNameProblem(name: string): string | null {
  if (name === "") return "A group's name can't be empty.";
  if ([...name].length > 63) return "A group's name has at most 63 characters.";
  const odd = /[^\p{L}\p{M}\p{Nd} ._-]/u.exec(name)?.[0];
  if (odd !== undefined) {
    const shown = /[\p{Cc}\p{Cf}\p{Cs}\p{Z}\p{Default_Ignorable_Code_Point}]/u.test(odd)
      ? "an invisible character"
      : `“${odd}”`;
    return `A group's name has only letters, digits, spaces, “.”, “_” and “-”, not ${shown}.`;
  }
  if (!/^[\p{L}\p{Nd}]/u.test(name) || !/[\p{L}\p{M}\p{Nd}]$/u.test(name))
    return "A group's name starts and ends with a letter or a digit.";
  return null;
}

/** The name of a group to be made. */
export const NewGroupName = z
  .string()
  .max(1000, "A group's name has at most 63 characters.")
  .transform(normaliseGroupName)
  .superRefine((name, context) => {
    const message = groupNameProblem(name);
    if (message !== null) context.addIssue({ code: "custom", message });
  });

/** The name of a group there is, exactly as it is written. */
export const GroupName = z.string().min(1).max(255);
export const GroupInput = z.strictObject({ group: GroupName });
