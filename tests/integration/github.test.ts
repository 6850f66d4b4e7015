import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { identities } from "#db/schema/people.ts";
import { loginOptions } from "#server/auth/login-options.ts";
import { createProviders, type IdentityProviders } from "#server/auth/providers.ts";
import { signIn } from "#server/auth/sign-in.ts";
import type { SignInAnswer } from "#server/internal/messages.ts";
import { type FreshDatabase, freshDatabase } from "#tests/database.ts";
import { type TestContext, testContext } from "#tests/verb-context.ts";

/** GitHub as far as a login sees it: the code exchange, `/user`, `/user/orgs` in pages. */
const github = {
  login: "Ana",
  id: 42 as unknown,
  organizations: [] as string[],
  tokenAnswer: null as object | null,
  forms: [] as URLSearchParams[],
};

let server: Server;
let url: string;
let database: FreshDatabase;
let ctx: TestContext;
let providers: IdentityProviders;

beforeEach(async () => {
  Object.assign(github, { login: "Ana", id: 42, organizations: [], tokenAnswer: null, forms: [] });
  database = await freshDatabase();
  server = createServer(async (request, response) => {
    const answer = await answerTo(request);
    response.writeHead(answer.status, { "content-type": "application/json" }).end(JSON.stringify(answer.body));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  configure({ allowAll: true });
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await database.drop();
});

async function answerTo(request: IncomingMessage): Promise<{ status: number; body: unknown }> {
  const target = new URL(request.url ?? "/", url);
  if (target.pathname === "/login/oauth/access_token") {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    github.forms.push(new URLSearchParams(Buffer.concat(chunks).toString()));
    return { status: 200, body: github.tokenAnswer ?? { access_token: "gho_x", token_type: "bearer", scope: "" } };
  }
  if (request.headers.authorization !== "Bearer gho_x") return { status: 401, body: { message: "Bad credentials" } };
  if (target.pathname === "/user") return { status: 200, body: { id: github.id, login: github.login } };
  const [page, size] = [Number(target.searchParams.get("page")), Number(target.searchParams.get("per_page"))];
  const some = github.organizations.slice((page - 1) * size, page * size);
  return { status: 200, body: some.map((login) => ({ login })) };
}

function configure(settings: object) {
  ctx = testContext(database.db, {
    auth: { github: { clientId: "gh", clientSecret: "s3cret", baseUrl: url, apiUrl: url, ...settings } },
  });
  providers = createProviders(ctx.config, ctx.clock);
}

const enter = () =>
  signIn(ctx, providers, {
    method: "oauth",
    provider: "github",
    code: "c",
    state: "s",
    expectedState: "s",
    codeVerifier: "v".repeat(43),
    nonce: null,
    issuer: null,
    redirectUri: "http://127.0.0.1:8000/api/auth/callback/github",
    client: "192.0.2.1",
  });
const codeOf = (answer: SignInAnswer) => (answer.kind === "ok" ? `ok: ${answer.user.name}` : answer.code);

describe("a login through GitHub", () => {
  test("redeems the code with secret and PKCE verifier, and binds the user to the numeric id", async () => {
    expect(codeOf(await enter())).toBe("ok: ana");
    expect(Object.fromEntries(github.forms[0] ?? [])).toMatchObject({
      client_id: "gh",
      client_secret: "s3cret",
      code: "c",
      code_verifier: "v".repeat(43),
    });
    expect(await ctx.db.select().from(identities)).toMatchObject([{ issuer: url, subject: "42" }]);
  });

  test("S-23: a login that was given up and taken by another doesn't open the first one's account", async () => {
    await enter();
    github.id = 43;
    expect(codeOf(await enter())).toBe("not-allowed");
    Object.assign(github, { id: 42, login: "ana-renamed" });
    expect(codeOf(await enter())).toBe("ok: ana");
  });

  test("S-22: organizations let in their members only, on whatever page they stand", async () => {
    configure({ allowedOrganizations: ["Campus-Physics"] });
    expect(codeOf(await enter())).toBe("not-allowed");
    github.organizations = Array.from({ length: 150 }, (_, at) => `org-${at}`);
    expect(codeOf(await enter())).toBe("not-allowed");
    github.organizations.push("campus-physics");
    expect(codeOf(await enter())).toBe("ok: ana");
  });

  test("S-22: without a rule nobody gets in", async () => {
    configure({});
    expect(codeOf(await enter())).toBe("not-allowed");
  });

  test("S-26: an error that comes with status 200 is no login", async () => {
    github.tokenAnswer = { error: "bad_verification_code", error_description: "expired" };
    expect(codeOf(await enter())).toBe("expired");
    github.tokenAnswer = { error: "incorrect_client_credentials" };
    expect(codeOf(await enter())).toBe("provider");
    github.tokenAnswer = { access_token: "another" };
    expect(codeOf(await enter())).toBe("provider");
    Object.assign(github, { tokenAnswer: null, id: "42" });
    expect(codeOf(await enter())).toBe("provider");
  });

  test("asks for the organizations only when a rule needs them", async () => {
    const scope = async () => (await loginOptions(ctx, providers)).providers[0]?.scope;
    expect(await scope()).toBe("read:user");
    configure({ allowedOrganizations: ["campus"] });
    expect(await scope()).toBe("read:user read:org");
  });
});
