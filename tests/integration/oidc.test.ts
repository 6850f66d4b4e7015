import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { identities, users } from "#db/schema/people.ts";
import { groupNamesOf } from "#db/users.ts";
import { loginOptions } from "#server/auth/login-options.ts";
import { createProviders, type IdentityProviders } from "#server/auth/providers.ts";
import { actorOfSession } from "#server/auth/session.ts";
import { signIn } from "#server/auth/sign-in.ts";
import type { SignInAnswer } from "#server/internal/messages.ts";
import { createToken } from "#server/tokens/create.ts";
import { actorOfToken } from "#server/tokens/verify.ts";
import { setDisabled } from "#server/users/set-disabled.ts";
import { type FreshDatabase, freshDatabase } from "#tests/database.ts";
import { clientId, type MockProvider, startMockProvider } from "#tests/mock-provider.ts";
import {
  auditOf,
  makeUser,
  openTestSession,
  streamOf,
  type TestContext,
  testContext,
  testKeys,
} from "#tests/verb-context.ts";

let database: FreshDatabase;
let idp: MockProvider;
let ctx: TestContext;
let providers: IdentityProviders;

beforeEach(async () => {
  database = await freshDatabase();
  idp = await startMockProvider(() => ctx.clock.now());
  configure({ allowAll: true, groupsClaim: "groups" });
  idp.state.claims = { sub: "s-1", preferred_username: "ana", groups: [] };
});
afterEach(async () => {
  await idp.stop();
  await database.drop();
});

function configure(settings: object) {
  const provider = {
    id: "campus",
    displayName: "Campus",
    issuer: idp.issuer,
    clientId,
    clientSecret: "s3cret",
    ...settings,
  };
  ctx = testContext(database.db, { auth: { oidc: [provider] } });
  providers = createProviders(ctx.config, ctx.clock);
}

const enter = async (more: Parameters<MockProvider["login"]>[0] = {}) =>
  await signIn(ctx, providers, await idp.login(more));
const codeOf = (answer: SignInAnswer) => (answer.kind === "ok" ? `ok: ${answer.user.name}` : answer.code);
const isAdmin = (answer: SignInAnswer) => answer.kind === "ok" && answer.user.admin;

describe("a login through a provider", () => {
  test("makes the user at the first time, bound to issuer and subject, and finds them again", async () => {
    const [first, second] = [await enter(), await enter()];
    expect([codeOf(first), codeOf(second)]).toEqual(["ok: ana", "ok: ana"]);
    expect(await ctx.db.select().from(users)).toHaveLength(1);
    expect(await ctx.db.select().from(identities)).toMatchObject([{ issuer: idp.issuer, subject: "s-1" }]);
    const token = first.kind === "ok" ? first.token : "";
    expect(await actorOfSession(ctx.db, [testKeys.publicKey], token, ctx.clock.now())).toMatchObject({
      kind: "user",
      name: "ana",
    });
  });

  test("two first logins at once make one user, and both get in", async () => {
    expect((await Promise.all([enter(), enter()])).map(codeOf)).toEqual(["ok: ana", "ok: ana"]);
    expect(await ctx.db.select().from(users)).toHaveLength(1);
  });

  test("keeps the name it began with when the provider's changes", async () => {
    await enter();
    idp.state.claims.preferred_username = "ana-maria";
    expect(codeOf(await enter())).toBe("ok: ana");
  });

  test("refuses a disabled user", async () => {
    await enter();
    await setDisabled(ctx, { name: "ana", disabled: true });
    expect(codeOf(await enter())).toBe("disabled");
  });

  test("writes groups from the claim, and takes back those that are gone", async () => {
    idp.state.claims.groups = ["physics", "maths"];
    const first = await enter();
    const id = first.kind === "ok" ? first.user.id : "";
    expect((await groupNamesOf(ctx.db, [id])).get(id)).toEqual(["maths", "physics"]);
    idp.state.claims.groups = ["physics"];
    await enter();
    expect((await groupNamesOf(ctx.db, [id])).get(id)).toEqual(["physics"]);
    idp.state.claims.groups = "physics";
    await enter();
    expect((await groupNamesOf(ctx.db, [id])).get(id)).toBeUndefined();
  });

  test("S-14: gives and takes the admin role by claim at each login, ending what was handed out before", async () => {
    configure({ allowAll: true, groupsClaim: "groups", adminGroups: ["staff"] });
    const plain = await enter();
    idp.state.claims.groups = ["staff"];
    const raised = await enter();
    const kindOf = async (answer: SignInAnswer) =>
      (await actorOfSession(ctx.db, [testKeys.publicKey], answer.kind === "ok" ? answer.token : "", ctx.clock.now()))
        .kind;
    expect([isAdmin(plain), isAdmin(raised)]).toEqual([false, true]);
    expect([await kindOf(plain), await kindOf(raised)]).toEqual(["anonymous", "user"]);
    idp.state.claims.groups = [];
    expect(isAdmin(await enter())).toBe(false);
    expect(await kindOf(raised)).toBe("anonymous");
  });

  test("asks the userinfo endpoint for what the id_token leaves out, and believes it only about the same subject", async () => {
    delete idp.state.claims.preferred_username;
    let sub = "s-1";
    idp.server.service.on("beforeUserinfo", (response: { body: object }) => {
      response.body = { sub, preferred_username: "ana", groups: [] };
    });
    expect(codeOf(await enter())).toBe("ok: ana");
    sub = "s-2";
    expect(codeOf(await enter())).toBe("provider");
  });
});

describe("S-22: the rules fail closed", () => {
  test.each([
    ["no rule at all", {}],
    ["others are allowed", { allowedUsers: ["bob"] }],
    ["a group rule without a groups claim", { allowedGroups: ["physics"] }],
    ["an address rule without an address", { allowAll: true, allowedEmailDomains: ["uni.example"] }],
  ])("%s: nobody gets in, no user is made, and it is on record", async (_what, settings) => {
    configure(settings);
    expect(codeOf(await enter())).toBe("not-allowed");
    expect(await ctx.db.select().from(users)).toEqual([]);
    expect(await auditOf(ctx.db, "provider:campus")).toMatchObject([{ action: "session.refused" }]);
  });

  test.each([undefined, "physics", { physics: true }, ["physics", 1], null])(
    "a groups claim of %j opens nothing",
    async (claim) => {
      configure({ groupsClaim: "groups", allowedGroups: ["physics"] });
      idp.state.claims.groups = claim;
      expect(codeOf(await enter())).toBe("not-allowed");
      idp.state.claims.groups = ["physics"];
      expect(codeOf(await enter())).toBe("ok: ana");
    },
  );

  test.each([
    ["their group", { groupsClaim: "groups", allowedGroups: ["physics"] }, { groups: [] }],
    ["the allow-list", { allowedUsers: ["ana"] }, { allowedUsers: ["ben"] }],
    ["the e-mail domain", { allowedEmailDomains: ["uni.example"] }, { email: "ana@elsewhere.example" }],
  ])(
    "S-16: who leaves %s is out with their next login, sessions and tokens from before too",
    async (_what, rule, change) => {
      configure(rule);
      Object.assign(idp.state.claims, { groups: ["physics"], email: "ana@uni.example", email_verified: true });
      const first = await enter();
      expect(codeOf(first)).toBe("ok: ana");
      const { token } = await createToken(ctx, { user: "ana" });
      const alive = async () => {
        const session = first.kind === "ok" ? first.token : "";
        const actor = await actorOfSession(ctx.db, [testKeys.publicKey], session, ctx.clock.now());
        return [actor.kind, (await actorOfToken(ctx.db, token, ctx.clock.now())).kind];
      };
      expect(await alive()).toEqual(["user", "token"]);
      if ("allowedUsers" in change) configure(change);
      else Object.assign(idp.state.claims, change);
      expect(codeOf(await enter())).toBe("not-allowed");
      expect(await alive()).toEqual(["anonymous", "anonymous"]);
      expect((await streamOf(ctx.db)).map(({ type }) => type)).toEqual(["session-revoked", "token-revoked"]);
    },
  );

  test("S-16: a refused stranger puts out nobody who has the name here", async () => {
    const ana = await makeUser(ctx, "ana");
    const session = await openTestSession(ctx, ana);
    configure({ allowedUsers: ["ben"] });
    expect(codeOf(await enter())).toBe("not-allowed");
    expect((await actorOfSession(ctx.db, [testKeys.publicKey], session, ctx.clock.now())).kind).toBe("user");
  });
});

describe("S-23: neither name nor address is an identity", () => {
  test("the same name or address with another subject is refused and recorded, never linked", async () => {
    await enter();
    idp.state.claims.sub = "s-2";
    expect(codeOf(await enter())).toBe("not-allowed");
    expect(await ctx.db.select().from(identities)).toHaveLength(1);
    const [row] = await auditOf(ctx.db, "provider:campus");
    expect(row?.detail).toMatchObject({ reason: "the name belongs to another account", subject: "s-2", name: "ana" });
  });

  test("a local account, and the admin of the first link, are never taken over by their name", async () => {
    await makeUser(ctx, "ana", { password: "correct horse" });
    await makeUser(ctx, "admin", { admin: true });
    for (const name of ["ana", "ANA ", "ａｎａ", "admin"]) {
      idp.state.claims.preferred_username = name;
      expect(codeOf(await enter())).toBe("not-allowed");
    }
  });

  test("a name given up at the provider and taken by another brings its rights to nobody", async () => {
    configure({ allowAll: true, adminUsers: ["ana"] });
    idp.state.claims = { sub: "s-9", preferred_username: "eve" };
    expect(isAdmin(await enter())).toBe(false);
    idp.state.claims = { sub: "s-9", preferred_username: "ana" };
    const renamed = await enter();
    expect([codeOf(renamed), isAdmin(renamed)]).toEqual(["ok: eve", false]);
  });

  test.each([
    ["x@company.com.evil", true],
    ["x@evil@company.com", true],
    ["x＠company.com", true],
    ["x@company.com", undefined],
    ["x@company.com", false],
    ["x@company.com", "false"],
    ["x@company.com", "true"],
    ["x@company.com", "0"],
    ["x@company.com", 0],
    ["x@company.com", 1],
    ["x@company.com", null],
  ])("%s, email_verified %j isn't of company.com", async (email, verified) => {
    configure({ allowedEmailDomains: ["company.com"] });
    Object.assign(idp.state.claims, { email, email_verified: verified, hd: "company.com" });
    expect(codeOf(await enter())).toBe("not-allowed");
    Object.assign(idp.state.claims, { email: "x@Company.com", email_verified: true });
    expect(codeOf(await enter())).toBe("ok: ana");
  });
});

describe("S-13: a code that isn't this browser's, this login's or this client's", () => {
  test("(d) another PKCE verifier, or none, is refused", async () => {
    expect(codeOf(await enter({ codeVerifier: "v".repeat(43) }))).toBe("provider");
    expect(codeOf(await enter({ codeVerifier: "" }))).toBe("wrong");
  });

  test("(e) a state from another browser, or an empty one on both sides, is refused before the code is used", async () => {
    const question = await idp.login();
    expect(codeOf(await signIn(ctx, providers, { ...question, expectedState: "another" }))).toBe("wrong");
    expect(codeOf(await signIn(ctx, providers, { ...question, state: "", expectedState: "" }))).toBe("wrong");
    expect(codeOf(await signIn(ctx, providers, question))).toBe("ok: ana");
  });

  test("(f) an answer that names another issuer, or a provider that isn't configured, is refused", async () => {
    expect(codeOf(await enter({ issuer: "https://evil.example" }))).toBe("wrong");
    expect(codeOf(await enter({ issuer: idp.issuer }))).toBe("ok: ana");
    expect(codeOf(await enter({ provider: "other" }))).toBe("not-allowed");
  });

  test("(g) two tabs with interleaved logins both end well", async () => {
    const [one, other] = [await idp.login(), await idp.login()];
    expect([codeOf(await signIn(ctx, providers, other)), codeOf(await signIn(ctx, providers, one))]).toEqual([
      "ok: ana",
      "ok: ana",
    ]);
  });

  test("(h) a code the provider no longer takes asks for another try", async () => {
    idp.state.status = 400;
    idp.state.body = { error: "invalid_grant" };
    expect(codeOf(await enter())).toBe("expired");
  });

  test("another nonce than this login's is refused", async () => {
    expect(codeOf(await enter({ nonce: "another" }))).toBe("provider");
    expect(codeOf(await enter({ nonce: null }))).toBe("provider");
  });
});

describe("S-24: keys", () => {
  test("a rotated key is found without a restart", async () => {
    expect(codeOf(await enter())).toBe("ok: ana");
    await idp.server.issuer.keys.generate("ES256", { kid: "second" });
    ctx.clock.advance(61);
    const question = await idp.login();
    idp.state.idToken = await idp.sign({ nonce: question.nonce ?? "" }, {}, "second");
    expect(codeOf(await signIn(ctx, providers, question))).toBe("ok: ana");
  });

  test("made-up key ids cost the provider one request a minute, and then the right key still works", async () => {
    const jwks = await countingProxy(idp);
    try {
      configure({ allowAll: true, issuer: jwks.issuer });
      for (let at = 0; at < 20; at++) {
        const question = await idp.login();
        idp.state.idToken = await idp.sign({ iss: jwks.issuer, nonce: question.nonce ?? "" }, { kid: `made-up-${at}` });
        expect(codeOf(await signIn(ctx, providers, question))).toBe("provider");
      }
      expect(jwks.fetches()).toBe(1);
      ctx.clock.advance(61);
      const question = await idp.login();
      idp.state.idToken = await idp.sign({ iss: jwks.issuer, nonce: question.nonce ?? "" }, { kid: "made-up" });
      await signIn(ctx, providers, question);
      expect(jwks.fetches()).toBe(2);
      const right = await idp.login();
      idp.state.idToken = await idp.sign({ iss: jwks.issuer, nonce: right.nonce ?? "" });
      expect(codeOf(await signIn(ctx, providers, right))).toBe("ok: ana");
      expect(jwks.fetches()).toBe(2);
    } finally {
      await jwks.stop();
    }
  });
});

describe("S-26: whatever a provider answers, an error is never a user", () => {
  const bodies = [{}, { id_token: 7 }, { id_token: "x" }, { message: "error" }, { user: { name: "ana" } }];
  test.each(bodies)("%j", async (body) => {
    idp.state.body = body;
    expect(codeOf(await enter())).toBe("provider");
    expect(await ctx.db.select().from(users)).toEqual([]);
  });

  test("a page instead of JSON, a redirect, an endless answer, a closed door", async () => {
    const answers: RequestListener[] = [
      (_request, response) => response.end("<html>maintenance</html>"),
      (_request, response) =>
        response.writeHead(302, { location: `${idp.issuer}/.well-known/openid-configuration` }).end(),
      (_request, response) => response.end(`"${"x".repeat(2 * 1024 * 1024)}"`),
      (request) => request.socket.destroy(),
    ];
    for (const answer of answers) {
      const broken = await listen(answer);
      configure({ allowAll: true, issuer: broken.url });
      expect(codeOf(await enter())).toBe("provider");
      await broken.stop();
    }
  });
});

describe("the login page", () => {
  test("offers a provider with what a browser needs, and no secret", async () => {
    const options = await loginOptions(ctx, providers);
    expect(options).toMatchObject({ local: true, dummy: false, autoLogin: null });
    expect(options.providers).toEqual([
      {
        id: "campus",
        displayName: "Campus",
        kind: "oidc",
        clientId,
        authorizationUrl: `${idp.issuer}/authorize`,
        scope: "openid profile email",
        issuer: idp.issuer,
        nonce: true,
      },
    ]);
    expect(JSON.stringify(options)).not.toContain("s3cret");
  });

  test("stands without a provider that is down, and asks it again after a while only", async () => {
    let asked = 0;
    const down = await listen((request) => {
      asked++;
      request.socket.destroy();
    });
    configure({ allowAll: true, issuer: down.url });
    expect((await loginOptions(ctx, providers)).providers).toEqual([]);
    expect(asked).toBe(1);
    await loginOptions(ctx, providers);
    expect(asked).toBe(1);
    ctx.clock.advance(11);
    await loginOptions(ctx, providers);
    expect(asked).toBe(2);
    await down.stop();
  });

  test("keeps offering a provider it knew while that one is down", async () => {
    await loginOptions(ctx, providers);
    idp.server.service.on("beforeWellKnownOpenIdConfiguration", (response: { statusCode: number }) => {
      response.statusCode = 503;
    });
    ctx.clock.advance(3601);
    expect((await loginOptions(ctx, providers)).providers).toHaveLength(1);
  });
});

test("a user who has a local session isn't logged out by somebody else's failed login", async () => {
  const token = await openTestSession(ctx, await makeUser(ctx, "bob"));
  idp.state.claims.preferred_username = "bob";
  expect(codeOf(await enter())).toBe("not-allowed");
  expect((await actorOfSession(ctx.db, [testKeys.publicKey], token, ctx.clock.now())).kind).toBe("user");
});

async function listen(listener: RequestListener): Promise<{ url: string; stop(): Promise<void> }> {
  const server: Server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const stop = () =>
    new Promise<void>((resolve) => {
      server.closeAllConnections();
      server.close(() => resolve());
    });
  return { url: `http://127.0.0.1:${port}`, stop };
}

/** The mock provider under another address, whose requests for keys are counted. */
async function countingProxy(behind: MockProvider) {
  let fetches = 0;
  let issuer = "";
  const front = await listen(async (request, response) => {
    if (request.url === "/jwks") fetches++;
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const { authorization, "content-type": type } = request.headers;
    const headers = { ...(authorization ? { authorization } : {}), ...(type ? { "content-type": type } : {}) };
    const method = request.method ?? "GET";
    const body = method === "POST" ? Buffer.concat(chunks) : null;
    const answer = await fetch(`${behind.issuer}${request.url}`, { method, headers, body });
    response.writeHead(answer.status).end((await answer.text()).replaceAll(behind.issuer, issuer));
  });
  issuer = front.url;
  return { issuer, fetches: () => fetches, stop: front.stop };
}
