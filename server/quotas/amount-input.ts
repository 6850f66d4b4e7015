import { z } from "zod";
import type { Amounts, MemberLimits, QuotaResource } from "#db/schema/settings.ts";
import { HubError } from "#server/errors.ts";
import { parseCpuMillicores, parseMemoryBytes, parseStorageBytes } from "#server/profiles/quantity.ts";

/** As people write it: `4`, `500m`, `8Gi`; null takes the rule away; a key that is absent stays as it is. */
const written = z
  .union([z.string().max(40), z.number(), z.null()], { error: "Write an amount, such as 4, 500m or 8Gi." })
  .optional();

export const AmountsInput = z.strictObject({
  cpuLimit: written,
  cpuRequest: written,
  memoryLimit: written,
  memoryRequest: written,
  gpus: written,
  storage: written,
  servers: written,
  homes: written,
});
export type AmountsInput = z.infer<typeof AmountsInput>;

export const MemberLimitsInput = z.strictObject({
  servers: written,
  cpuLimit: written,
  memoryLimit: written,
  gpus: written,
  home: written,
  hoursPerWeek: written,
});
export type MemberLimitsInput = z.infer<typeof MemberLimitsInput>;

type Kind = {
  readonly parse: (text: string) => number | null;
  /** What is an amount of this kind though no number is exact enough for it. */
  readonly beyond: RegExp;
  readonly most: number;
  readonly mostText: string;
  readonly example: string;
};

const longNumber = /^\d{10,}(\.\d+)?$/;
const cpu: Kind = {
  parse: parseCpuMillicores,
  beyond: /^\d{10,}(\.\d+)?m?$/,
  most: 10 ** 9,
  mostText: "a million",
  example: "4, 0.5 or 500m",
};
const bytes = (parse: Kind["parse"]): Kind => ({
  parse,
  beyond: /^(\d{10,}(\.\d+)?([kKMGT]i?)?|[1-9]\d*(\.\d+)?[PE]i?)$/,
  most: 2 ** 52,
  mostText: "4 PiB",
  example: "8Gi or 512Mi",
});
const memory = bytes(memoryOfAGroup);
const storage = bytes(parseStorageBytes);
const whole: Kind = {
  parse: wholeNumber,
  beyond: longNumber,
  most: 1_000_000,
  mostText: "a million",
  example: "0, 1 or 8",
};
const hours: Kind = { parse: decimal, beyond: longNumber, most: 168 * 1000, mostText: "168,000", example: "20 or 7.5" };

const resources: Readonly<Record<keyof AmountsInput, { readonly key: QuotaResource; readonly kind: Kind }>> = {
  cpuLimit: { key: "cpuLimitMillicores", kind: cpu },
  cpuRequest: { key: "cpuRequestMillicores", kind: cpu },
  memoryLimit: { key: "memoryLimitBytes", kind: memory },
  memoryRequest: { key: "memoryRequestBytes", kind: memory },
  gpus: { key: "gpus", kind: whole },
  storage: { key: "storageBytes", kind: storage },
  servers: { key: "servers", kind: whole },
  homes: { key: "homes", kind: whole },
};
const limits: Readonly<Record<keyof MemberLimitsInput, { readonly key: keyof MemberLimits; readonly kind: Kind }>> = {
  servers: { key: "servers", kind: whole },
  cpuLimit: { key: "cpuLimitMillicores", kind: cpu },
  memoryLimit: { key: "memoryLimitBytes", kind: memory },
  gpus: { key: "gpus", kind: whole },
  home: { key: "homeBytes", kind: storage },
  hoursPerWeek: { key: "hoursPerWeek", kind: hours },
};

/** The key a person knows a resource by. */
export function inputKeyOf(resource: QuotaResource): keyof AmountsInput {
  const found = Object.entries(resources).find(([, { key }]) => key === resource);
  return (found?.[0] ?? "servers") as keyof AmountsInput;
}

/** `now` with what was written put over it. Errors: invalid, with the field. */
export function withWritten(now: Amounts, said: AmountsInput, field: string): Amounts {
  return changed(now, said, resources, field);
}

export function limitsWithWritten(now: MemberLimits, said: MemberLimitsInput, field: string): MemberLimits {
  return changed(now, said, limits, field);
}

type Written = string | number | null | undefined;

function changed<Key extends string>(
  now: { readonly [key in Key]?: number },
  said: Readonly<Record<string, Written>>,
  keys: Readonly<Record<string, { readonly key: Key; readonly kind: Kind }>>,
  field: string,
): { readonly [key in Key]?: number } {
  const next: { [key in Key]?: number } = { ...now };
  for (const [name, { key, kind }] of Object.entries(keys)) {
    const amount = said[name];
    if (amount === null) delete next[key];
    else if (amount !== undefined) next[key] = amountOf(amount, kind, `${field}.${name}`);
  }
  return next;
}

function amountOf(amount: string | number, kind: Kind, field: string): number {
  const refuse = (message: string) => new HubError("invalid", message, { detail: { field } });
  const text = String(amount).trim();
  if (text.startsWith("-")) throw refuse(`“${text}” is negative. Write an amount such as ${kind.example}.`);
  const short = shortened(text);
  const value = isNought(text) ? 0 : (kind.parse(short) ?? (kind.beyond.test(short) ? Number.POSITIVE_INFINITY : null));
  if (value === null) throw refuse(`“${text}” is no amount here. Write one such as ${kind.example}.`);
  if (value > kind.most) throw refuse(`“${text}” is more than any cluster has: at most ${kind.mostText}.`);
  return value;
}

/** The parsers of the configuration know no nought, where it would mean a server without anything. */
function isNought(text: string): boolean {
  return /^0+(\.0+)?( ?(m|[kKMGTP]i?B?))?$/.test(text);
}

/** "8 GiB" for `8Gi`. */
function shortened(text: string): string {
  return text.replace(/ ?([KMGTPE]i?)B?$/, "$1");
}

/** A group may have petabytes together; the configuration's amounts, those of one server, end with T as JupyterHub's do. */
function memoryOfAGroup(text: string): number | null {
  const peta = /^(\d+(?:\.\d+)?)Pi?$/.exec(text)?.[1];
  return parseMemoryBytes(peta === undefined ? text : `${Number(peta) * 1024}T`);
}

function wholeNumber(text: string): number | null {
  return /^\d{1,15}$/.test(text) ? Number(text) : null;
}

function decimal(text: string): number | null {
  return /^\d{1,12}(\.\d{1,3})?$/.test(text) ? Number(text) : null;
}
