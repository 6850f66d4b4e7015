import type { Hub } from "#server/hub.ts";
import type { Installation } from "./installation.ts";
import { Person } from "./person.ts";

/** Every request a hub makes of the API server. */
export class Requests {
  #all: string[] = [];

  readonly onRequest = (verb: string, kind: string): void => {
    this.#all.push(`${verb} ${kind}`);
  };

  /** What was asked since the last look, counted by verb and kind. */
  take(): Record<string, number> {
    const counts: Record<string, number> = {};
    for (const what of this.#all) counts[what] = (counts[what] ?? 0) + 1;
    this.#all = [];
    return counts;
  }
}

export const sumOf = (counts: Record<string, number>) => Object.values(counts).reduce((sum, count) => sum + count, 0);

/** A hub whose requests are counted, and a running server for each name. */
export async function readyPeople(it: Installation, requests: Requests, ...names: readonly string[]) {
  const hub: Hub = await it.hub(requests);
  const people = await Promise.all(names.map((name) => Person.create(it, hub, name)));
  await Promise.all(people.map((person) => person.start()));
  await Promise.all(people.map((person) => person.reaches("ready")));
  return { hub, people };
}
