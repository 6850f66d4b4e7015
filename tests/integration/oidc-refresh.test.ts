import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { groups } from "#db/schema/groups.ts";
import { identities, users } from "#db/schema/people.ts";
import { findUserByName, groupNamesOf } from "#db/users.ts";
import { createProviders, type IdentityProviders } from "#server/auth/providers.ts";
import { createGroupRefresher, refreshDueGroups } from "#server/auth/refresh-groups.ts";
import { createSeal } from "#server/auth/sealed.ts";
import { actorOfSession } from "#server/auth/session.ts";
import { signIn } from "#server/auth/sign-in.ts";
import { deleteGroup } from "#server/groups/delete.ts";
import { undoDelete } from "#server/groups/undo-delete.ts";
import { startServer } from "#server/servers/start.ts";
import { createToken } from "#server/tokens/create.ts";
import { actorOfToken } from "#server/tokens/verify.ts";
import { setDisabled } from "#server/users/set-disabled.ts";
import { type FreshDatabase, freshDatabase } from "#tests/database.ts";
import { until } from "#tests/fakes/hub-under-test.ts";
import { ManualClock } from "#tests/manual-clock.ts";
import { clientId, type MockProvider, startMockProvider } from "#tests/mock-provider.ts";
import { auditOf, streamOf, type TestContext, testContext, testKeys } from "#tests/verb-context.ts";

let database: FreshDatabase;
let idp: MockProvider;
let ctx: TestContext;
let clock: PatientClock;
let providers: IdentityProviders;
/** The refresh tokens the provider was shown, and those it gave. */
let shown: string[];
let given: string[];

beforeEach(async () => {
  database = await freshDatabase();
  idp = await startMockProvider(() => ctx.clock.now());
  [shown, given] = [[], []];
  idp.server.service.on("beforeResponse", (response, request) => {
    const { grant_type: grant, refresh_token: token } = request.body as Record<string, string>;
    if (grant === "refresh_token") shown.push(token ?? "");
    const next = response.body === "" ? undefined : response.body.refresh_token;
    if (typeof next === "string") given.push(next);
  });
  configure({});
  idp.state.claims = { sub: "s-1", preferred_username: "ana", groups: ["physics", "maths"] };
});
afterEach(async () => {
  await idp.stop();
  await database.drop();
});

/** Nobody's patience ends unless the test says so. */
class PatientClock extends ManualClock {
  impatient = false;
  override sleep(_ms: number, signal?: AbortSignal): Promise<void> {
    if (this.impatient) return Promise.resolve();
    return new Promise((_resolve, reject) => signal?.addEventListener("abort", () => reject(new Error("aborted"))));
  }
}

function configure(settings: object) {
  const base = { id: "campus", displayName: "Campus", issuer: idp.issuer, clientId, clientSecret: "s3cret" };
  const rules = { allowAll: true, groupsClaim: "groups", refreshGroupsSeconds: 600 };
  const gpu = { display_name: "GPU", allowed_groups: ["physics"] };
  clock = new PatientClock();
  const made = testContext(database.db, {
    auth: { oidc: [{ ...base, ...rules, ...settings }] },
    singleuser: { profileList: [{ display_name: "Plain" }, gpu] },
  });
  providers = createProviders(made.config, clock);
  ctx = { ...made, clock, refresher: createGroupRefresher(deps()) };
}

const deps = () => ({ providers, seal: createSeal(testKeys.privateKey) });
const enter = async () => await signIn(ctx, providers, await idp.login());
const groupsOfAna = async () => {
  const ana = await findUserByName(ctx.db, "ana");
  return (await groupNamesOf(ctx.db, [ana?.id ?? ""])).get(ana?.id ?? "") ?? [];
};
const round = async (afterSeconds = 601) => {
  ctx.clock.advance(afterSeconds);
  await refreshDueGroups(ctx, deps());
};
const actions = async () => (await auditOf(ctx.db)).map((row) => row.action);

describe("groups of the identity provider between logins", () => {
  test("follow its claims once they are old enough, and a new refresh token takes the place of the old", async () => {
    await enter();
    idp.state.claims.groups = ["maths", "music"];
    await round(599);
    expect(shown).toEqual([]);
    expect(await groupsOfAna()).toEqual(["maths", "physics"]);
    await round(2);
    expect(await groupsOfAna()).toEqual(["maths", "music"]);
    expect((await auditOf(ctx.db)).at(-1)).toMatchObject({
      action: "user.refresh-groups",
      detail: { joined: ["music"], left: ["physics"], provider: "campus" },
    });
    await round();
    expect(shown).toEqual(given.slice(0, 2));
    expect(new Set(given).size).toBe(3);
    expect(await actions()).not.toContain("user.refresh-refused");
  });

  test("the refresh token is sealed in the database and opens for no other row", async () => {
    await enter();
    const [row] = await ctx.db.select().from(identities);
    expect(row?.refreshToken).toMatch(/^v1\./);
    const dump = JSON.stringify([row, await auditOf(ctx.db), await ctx.db.select().from(users)]);
    for (const token of given) expect(dump).not.toContain(token);
    await ctx.db.update(identities).set({ subject: "s-2" });
    await round();
    expect(shown).toEqual([]);
    expect(await ctx.db.select().from(identities)).toMatchObject([{ refreshToken: null }]);
    expect(await groupsOfAna()).toEqual(["maths", "physics"]);
  });

  test("two hubs at once use a token once", async () => {
    await enter();
    ctx.clock.advance(601);
    await Promise.all([refreshDueGroups(ctx, deps()), refreshDueGroups(ctx, deps()), refreshDueGroups(ctx, deps())]);
    expect(shown).toHaveLength(1);
  });

  test("a clear refusal (invalid_grant) takes the groups, and the token is never shown again", async () => {
    await enter();
    Object.assign(idp.state, { status: 400, body: { error: "invalid_grant" } });
    await round();
    expect(await groupsOfAna()).toEqual([]);
    expect((await auditOf(ctx.db)).at(-1)).toMatchObject({ action: "user.refresh-refused" });
    await round();
    expect(shown).toHaveLength(1);
    Object.assign(idp.state, { status: 200, body: null });
    await enter();
    expect(await groupsOfAna()).toEqual(["maths", "physics"]);
  });

  test.each([
    ["an error of the provider's own", 500, { error: "invalid_grant" }],
    ["another refusal", 400, { error: "invalid_request" }],
    ["a client it doesn't know", 401, { error: "invalid_client" }],
    ["a page instead of an answer", 200, { html: "<h1>maintenance</h1>", id_token: 1 }],
    ["an id_token of nobody", 200, { id_token: "x.y.z", access_token: "a" }],
  ])("%s takes nothing from anybody", async (_what, status, body) => {
    await enter();
    Object.assign(idp.state, { status, body });
    await round();
    expect(shown).toHaveLength(1);
    expect(await groupsOfAna()).toEqual(["maths", "physics"]);
    Object.assign(idp.state, { status: 200, body: null });
    idp.state.claims.groups = ["music"];
    await round();
    expect(await groupsOfAna()).toEqual(["music"]);
  });

  test("nor does a provider that can't be reached, and an answer about somebody else", async () => {
    await enter();
    idp.state.claims = { ...idp.state.claims, sub: "s-2", groups: [] };
    await round();
    expect(await groupsOfAna()).toEqual(["maths", "physics"]);
    await idp.stop();
    await round();
    expect(await groupsOfAna()).toEqual(["maths", "physics"]);
    expect(await actions()).not.toContain("user.refresh-refused");
    idp = await startMockProvider(() => ctx.clock.now());
  });

  test.each([undefined, "physics", { physics: true }, ["physics", 1], null])(
    "a groups claim of %j says nothing, so nothing changes",
    async (claim) => {
      await enter();
      idp.state.claims.groups = claim;
      await round();
      expect(await groupsOfAna()).toEqual(["maths", "physics"]);
    },
  );

  test("S-16: whoever no rule lets in any more is out at the refresh: sessions and tokens end", async () => {
    configure({ allowAll: false, allowedGroups: ["physics"] });
    const answer = await enter();
    const { token } = await createToken(ctx, { user: "ana" });
    idp.state.claims.groups = ["maths"];
    await round();
    const cookie = answer.kind === "ok" ? answer.token : "";
    expect((await actorOfSession(ctx.db, [testKeys.publicKey], cookie, ctx.clock.now())).kind).toBe("anonymous");
    expect((await actorOfToken(ctx.db, token, ctx.clock.now())).kind).toBe("anonymous");
    expect((await streamOf(ctx.db)).map((record) => record.type).sort()).toEqual(["session-revoked", "token-revoked"]);
    expect(await groupsOfAna()).toEqual([]);
    await round();
    expect((await actions()).filter((action) => action === "user.shut-out")).toHaveLength(1);
  });

  test("S-16: who leaves the admins' group is no admin after the refresh", async () => {
    configure({ adminGroups: ["physics"] });
    await enter();
    expect((await findUserByName(ctx.db, "ana"))?.admin).toBe(true);
    idp.state.claims.groups = ["maths"];
    await round();
    expect((await findUserByName(ctx.db, "ana"))?.admin).toBe(false);
  });

  test("a login that comes between a question and its answer wins", async () => {
    await enter();
    const original = providers.find("campus")?.refreshing?.refresh;
    const slow: IdentityProviders = {
      ...providers,
      find: (id) => {
        const provider = providers.find(id);
        if (provider?.refreshing == null || original === undefined) return provider;
        const refresh = async (token: string, subject: string) => {
          const refreshed = await original(token, subject);
          idp.state.claims.groups = ["music"];
          await enter();
          return refreshed;
        };
        return { ...provider, refreshing: { ...provider.refreshing, refresh } };
      },
    };
    ctx.clock.advance(601);
    await refreshDueGroups(ctx, { ...deps(), providers: slow });
    expect(await groupsOfAna()).toEqual(["music"]);
  });

  test("nobody's are asked for where the configuration says so, nor those of a disabled account", async () => {
    configure({ refreshGroupsSeconds: 0 });
    await enter();
    expect(await ctx.db.select().from(identities)).toMatchObject([{ refreshToken: null }]);
    configure({});
    await enter();
    await setDisabled(ctx, { name: "ana", disabled: true });
    await round();
    expect(shown).toEqual([]);
  });
});

describe("at the start of a server", () => {
  const start = () => startServer(ctx, { user: "ana", profile: "gpu", group: "physics" });

  test("S-41: whoever left the group at the provider can't start its profile, although nobody logged in since", async () => {
    await enter();
    ctx.clock.advance(61);
    idp.state.claims.groups = ["maths"];
    await expect(startServer(ctx, { user: "ana", profile: "gpu" })).rejects.toMatchObject({ code: "forbidden" });
    expect(await groupsOfAna()).toEqual(["maths"]);
  });

  test("a provider that is down doesn't keep anybody from starting", async () => {
    await enter();
    ctx.clock.advance(61);
    idp.state.status = 503;
    expect(await start()).toMatchObject({ desired: "running", profileSlug: "gpu" });
  });

  test("nor does one that takes its time: its answer counts when it comes", async () => {
    await enter();
    ctx.clock.advance(61);
    idp.state.claims.groups = ["physics"];
    clock.impatient = true;
    expect(await start()).toMatchObject({ desired: "running", profileSlug: "gpu" });
    await until(async () => (await groupsOfAna()).length === 1, "the answer to count");
  });

  test("several starts in a minute ask once", async () => {
    await enter();
    ctx.clock.advance(61);
    await start();
    await startServer(ctx, { user: "ana", name: "second", group: "maths" });
    expect(shown).toHaveLength(1);
  });
});

test("a deleted group isn't made anew by a login while it can be brought back, and then has who is still in it", async () => {
  await enter();
  const { id } = await deleteGroup(ctx, { group: "physics" });
  await round();
  await enter();
  expect(await groupsOfAna()).toEqual(["maths"]);
  expect(await ctx.db.select().from(groups)).toHaveLength(2);
  await undoDelete(ctx, { id });
  expect(await groupsOfAna()).toEqual(["maths", "physics"]);
  await deleteGroup(ctx, { group: "physics" });
  idp.state.claims.groups = [];
  await round();
  await undoDelete(ctx, { id });
  expect(await groupsOfAna()).toEqual([]);
});
