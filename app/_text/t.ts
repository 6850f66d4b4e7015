import { en } from "./en.ts";

export type TextKey = keyof typeof en;

type Names<Text extends string> = Text extends `${string}{${infer Name}}${infer Rest}` ? Name | Names<Rest> : never;
type Values<Key extends TextKey> = Record<Names<(typeof en)[Key]>, string | number>;
type Arguments<Key extends TextKey> = [Names<(typeof en)[Key]>] extends [never] ? [] : [values: Values<Key>];

/** A sentence of the catalogue. A missing key or value doesn't compile. */
export function t<Key extends TextKey>(key: Key, ...[values]: Arguments<Key>): string {
  if (values === undefined) return en[key];
  const known = values as Readonly<Record<string, string | number>>;
  return en[key].replace(/\{(\w+)\}/g, (whole, name: string) => String(known[name] ?? whole));
}
