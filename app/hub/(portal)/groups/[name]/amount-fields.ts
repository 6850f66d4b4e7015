import { writtenBytes, writtenCpu } from "#app/_format/written.ts";
import type { Amounts, MemberLimits } from "#server/api/answers.ts";

/** The fields of the two forms: what the hub calls them in its input, and what it stores. */
export const quotaFields = [
  ["servers", "servers", String],
  ["cpuLimit", "cpuLimitMillicores", writtenCpu],
  ["memoryLimit", "memoryLimitBytes", writtenBytes],
  ["gpus", "gpus", String],
  ["storage", "storageBytes", writtenBytes],
  ["homes", "homes", String],
  ["cpuRequest", "cpuRequestMillicores", writtenCpu],
  ["memoryRequest", "memoryRequestBytes", writtenBytes],
] as const satisfies readonly (readonly [string, keyof Amounts, (amount: number) => string])[];

export const limitFields = [
  ["servers", "servers", String],
  ["cpuLimit", "cpuLimitMillicores", writtenCpu],
  ["memoryLimit", "memoryLimitBytes", writtenBytes],
  ["gpus", "gpus", String],
  ["home", "homeBytes", writtenBytes],
  ["hoursPerWeek", "hoursPerWeek", String],
] as const satisfies readonly (readonly [string, keyof MemberLimits, (amount: number) => string])[];

/** What was typed; an empty field takes the rule away. */
export function writtenOf(form: FormData, name: string): string | null {
  const value = form.get(name);
  const text = typeof value === "string" ? value.trim() : "";
  return text === "" ? null : text;
}

export function asWritten(amount: number | undefined, write: (amount: number) => string): string {
  return amount === undefined ? "" : write(amount);
}
