import { isDeepStrictEqual } from "node:util";
import type { Config } from "./schema.ts";

/** Keys a running hub takes over; every other one decides something when the process starts. */
const taken: { readonly [section in keyof Config]?: readonly string[] | "all" } = {
  singleuser: "all",
  groups: "all",
  custom: "all",
  hub: [
    "allowNamedServers",
    "namedServerLimitPerUser",
    "activeServerLimit",
    "shutdownOnLogout",
    "sessionSeconds",
    "loadRoles",
  ],
  // Whether there is a culler at all, and a script in JupyterLab's pages, is settled at the start.
  cull: ["timeout", "every", "maxAge", "minTimeout", "maxTimeout", "warnSeconds", "maxKeep", "quietHours"],
};

/** For the reference page: `singleuser.*`, `hub.loadRoles`. */
export function takenKeys(): string[] {
  return Object.entries(taken).flatMap(([section, keys]) =>
    keys === "all" ? [`${section}.*`] : keys.map((key) => `${section}.${key}`),
  );
}

export type Reload = {
  readonly config: Config;
  /** Keys that are in force now: `singleuser.profileList`. */
  readonly changed: readonly string[];
  /** Keys that are in force only after a restart. */
  readonly waiting: readonly string[];
};

/** What a running hub makes of a file that was changed: `before` with what can be taken over from `after`. */
export function reloaded(before: Config, after: Config): Reload {
  const changed: string[] = [];
  const waiting: string[] = [];
  const sections = Object.entries(after).map(([section, wished]) => {
    const kept = Object.entries(before).find(([name]) => name === section)?.[1];
    const keys = new Set([...Object.keys(kept ?? {}), ...Object.keys(wished)]);
    const differing = [...keys].filter((key) => !isDeepStrictEqual(valueAt(kept, key), valueAt(wished, key)));
    const mine = differing.filter((key) => isTaken(section, key));
    changed.push(...mine.map((key) => `${section}.${key}`));
    waiting.push(...differing.filter((key) => !mine.includes(key)).map((key) => `${section}.${key}`));
    const values = [...keys].map((key) => [key, valueAt(mine.includes(key) ? wished : kept, key)] as const);
    return [section, Object.fromEntries(values.filter(([, value]) => value !== undefined))] as const;
  });
  // Section by section of the same two configurations, each key from one of them.
  return { config: Object.fromEntries(sections) as Config, changed, waiting };
}

function isTaken(section: string, key: string): boolean {
  const keys = Object.entries(taken).find(([name]) => name === section)?.[1];
  return keys === "all" || (keys?.includes(key) ?? false);
}

function valueAt(section: unknown, key: string): unknown {
  return typeof section === "object" && section !== null
    ? Object.entries(section).find(([name]) => name === key)?.[1]
    : undefined;
}
