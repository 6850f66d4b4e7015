import { isDeepStrictEqual } from "node:util";
import { sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { until } from "#tests/fakes/hub-under-test.ts";
import { allRows } from "#tests/fakes/rows.ts";
import { type Portal, startPortal } from "#tests/fakes/whole-portal.ts";
import { type People, peopleMaker } from "./people-of-a-call.ts";
import { procedures, routerProcedures } from "./procedure-table.ts";

let portal: Portal;
let people: () => Promise<People>;

beforeAll(async () => {
  portal = await startPortal({
    config: {
      hub: { trustedUsers: true },
      singleuser: { profileList: [{ display_name: "Small", slug: "small", default: true }] },
    },
  });
  people = await peopleMaker(portal);
});
afterAll(() => portal.stop());

const absurdNumbers = [-1, 0.5, 1e300, Number.MAX_SAFE_INTEGER, "7", null];
const absurdTexts = ["", "-4Gi", "9".repeat(60), "1e400", "a/b", "a\0b", "\ud800", "x".repeat(100_000), 7, {}];

type Change = { readonly at: string; readonly input: unknown };

/** The input with one of its leaves, or the whole of it, replaced by something that no form would send. */
function spoiled(value: unknown, at = ""): Change[] {
  if (typeof value === "number") return absurdNumbers.map((input) => ({ at, input }));
  if (typeof value === "string") return absurdTexts.map((input) => ({ at, input }));
  if (Array.isArray(value))
    return value.flatMap((one, index) =>
      spoiled(one, `${at}[${index}]`).map(({ at: deep, input }) => ({ at: deep, input: value.with(index, input) })),
    );
  if (typeof value !== "object" || value === null || value instanceof Date) return [{ at, input: ["absurd"] }];
  return [
    { at: `${at}.unknownField`, input: { ...value, unknownField: 1 } },
    ...Object.entries(value).flatMap(([key, one]) =>
      spoiled(one, `${at}.${key}`).map(({ at: deep, input }) => ({ at: deep, input: { ...value, [key]: input } })),
    ),
  ];
}

/** Once no server is on its way any more: what was rightly asked for goes on by itself. */
async function settledRows(): Promise<Record<string, string[]>> {
  const { db } = portal.hub;
  await until(async () => {
    const moving = await db.execute(
      sql`select 1 from servers where phase not in ('stopped', 'ready', 'failed') or phase_generation <> generation
        or (desired = 'stopped') <> (phase in ('stopped', 'failed')) limit 1`,
    );
    return moving.rows.length === 0;
  }, "every server");
  let last = await allRows(db);
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    const now = await allRows(db);
    if (isDeepStrictEqual(now, last)) return now;
    last = now;
  }
}

const mutations = routerProcedures().filter(({ type, takesInput }) => type === "mutation" && takesInput);

describe.each(mutations.map(({ path }) => path))("%s", (path) => {
  test("answers a negative, absurd, empty, endless or mistyped value with one sentence, and changes nothing", async () => {
    const { headers, ...world } = await people();
    const input = await procedures[path]?.prepare(world);
    let before = await settledRows();
    let refused = 0;
    for (const change of spoiled(input)) {
      const called = await portal.mutateWith(headers.admin, path, change.input);
      const said = `${change.at} of ${JSON.stringify(change.input)?.slice(0, 200)}: ${called.status} ${called.message}`;
      // Some of it is right for a text that says nothing but itself.
      if (called.code === null) {
        before = await settledRows();
        continue;
      }
      refused += 1;
      expect(called.status, said).toBeLessThan(500);
      expect(called.message, said).toMatch(/^\S[^\n]{4,300}[.?!]$/);
      expect(await allRows(portal.hub.db), said).toEqual(before);
    }
    expect(refused).toBeGreaterThan(0);
  });
});

test.each([
  ["/api/trpc/groups.describe", (deep: string) => `{"json":{"group":"physics","description":${deep}}}`],
  ["/hub/api/users", (deep: string) => `{"usernames":${deep}}`],
])("%s refuses what is nested without end with one sentence", async (address, body) => {
  const { headers } = await people();
  const depth = 200_000;
  const answer = await portal.ask(address, {
    method: "POST",
    headers: { ...headers.admin, "content-type": "application/json" },
    body: body("[".repeat(depth) + "]".repeat(depth)),
  });
  expect(answer.status, answer.text.slice(0, 300)).toBe(400);
  expect(answer.text.length).toBeLessThan(1000);
});
