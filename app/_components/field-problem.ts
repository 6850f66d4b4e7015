import { problemOf } from "#app/_trpc/client.tsx";
import { problemText } from "./problem.tsx";

/** The sentence for a form's field, when the hub's refusal is about that one. */
export function problemAt(error: unknown, field: string): string | null {
  return problemOf(error)?.field === field ? problemText(error) : null;
}

/** Something went wrong that no field of the form shows. */
export function isAtNone(error: unknown, fields: readonly string[]): boolean {
  if (error === null) return false;
  const field = problemOf(error)?.field ?? null;
  return field === null || !fields.includes(field);
}
