import { afterEach, beforeEach, expect, onTestFinished, test } from "vitest";
import { identities } from "#db/schema/people.ts";
import { beginGroupRefreshes } from "#server/auth/begin-group-refreshes.ts";
import type { Refreshed } from "#server/auth/external-identity.ts";
import type { IdentityProvider, IdentityProviders } from "#server/auth/providers.ts";
import { sealToken } from "#server/auth/refresh-token.ts";
import { createSeal } from "#server/auth/sealed.ts";
import { type FreshDatabase, freshDatabase } from "#tests/database.ts";
import { until } from "#tests/fakes/hub-under-test.ts";
import { ManualClock } from "#tests/manual-clock.ts";
import { makeUser, type TestContext, testContext, testKeys } from "#tests/verb-context.ts";

const issuer = "https://idp.example";

const known = { issuer, subject: "s", name: null, groups: [], verifiedEmailDomain: null };

/** Sleeps until the test says that time has passed. */
class TickingClock extends ManualClock {
  #wake: (() => void)[] = [];
  override sleep(_ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#wake.push(resolve);
      signal?.addEventListener("abort", () => reject(new Error("aborted")));
    });
  }
  get sleeping(): boolean {
    return this.#wake.length > 0;
  }
  pass(seconds: number): void {
    this.advance(seconds);
    for (const wake of this.#wake.splice(0)) wake();
  }
}

let database: FreshDatabase;
let clock: TickingClock;
let ctx: TestContext;
let asked: string[];
let answer: (token: string) => Promise<Refreshed>;

beforeEach(async () => {
  database = await freshDatabase();
  clock = new TickingClock();
  ctx = { ...testContext(database.db), clock };
  asked = [];
  answer = async () => ({ kind: "unknown", reason: "the test says so" });
});
afterEach(() => database.drop());

function provider(): IdentityProvider {
  const nobody = { allowedUsers: undefined, allowedGroups: undefined, adminUsers: undefined, adminGroups: undefined };
  return {
    id: "campus",
    rules: { allowAll: true, ...nobody, allowedEmailDomains: undefined },
    managesGroups: true,
    exchange: () => Promise.reject(new Error("nobody logs in here")),
    refreshing: {
      issuer,
      everySeconds: 600,
      refresh: async (token) => {
        asked.push(token);
        return await answer(token);
      },
    },
  };
}

async function begin(people: number): Promise<void> {
  const seal = createSeal(testKeys.privateKey);
  for (let n = 0; n < people; n++) {
    const { id: userId } = await makeUser(ctx, `user${n}`);
    const key = { issuer, subject: `s-${n}` };
    const refreshToken = sealToken(seal, key, { provider: "campus", token: `t-${n}` });
    await ctx.db.insert(identities).values({ ...key, userId, refreshToken, refreshedAt: clock.now() });
  }
  const one = provider();
  const providers: IdentityProviders = { oidc: new Map(), find: () => one, refreshing: [one] };
  onTestFinished(beginGroupRefreshes(ctx, { providers, seal }));
  await until(async () => clock.sleeping, "the first round to end");
}

async function round(seconds: number): Promise<void> {
  clock.pass(seconds);
  await until(async () => clock.sleeping, "the round to end");
}

test("every hub asks again and again, for each user when theirs are old", async () => {
  await begin(3);
  expect(asked).toEqual([]);
  await round(300);
  expect(asked).toEqual([]);
  await round(301);
  expect(asked.sort()).toEqual(["t-0", "t-1", "t-2"]);
  await round(300);
  expect(asked).toHaveLength(3);
  await round(301);
  expect(asked).toHaveLength(6);
});

test("many users are asked for in one round, and one whose answer breaks keeps nobody else waiting", async () => {
  answer = async (token) => {
    if (token.endsWith("7")) throw new Error("broken");
    return { kind: "identity", identity: known, refreshToken: null };
  };
  await begin(70);
  await round(601);
  expect(new Set(asked).size).toBe(70);
});

test("a provider that is down is asked for a few at a time, and for all of them when it is back", async () => {
  await begin(30);
  await round(601);
  expect(asked).toHaveLength(8);
  answer = async () => ({ kind: "identity", identity: known, refreshToken: null });
  await round(30);
  expect(new Set(asked).size).toBe(30);
});
