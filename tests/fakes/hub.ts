import { generateKeyPairSync, randomBytes } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { nodeHTTPRequestHandler } from "@trpc/server/adapters/node-http";
import { sessionCookieName, sessionCookiesIn } from "#server/auth/cookies.ts";
import { mintToken, readToken } from "#server/auth/session-token.ts";
import { type LoginOptions, type SignInAnswer, SignInQuestion, SignOutQuestion } from "#server/internal/messages.ts";
import { manyProfiles, profiles } from "./hub-data.ts";
import { fakeRouter } from "./hub-router.ts";
import { type FakeHubOptions, FakeHubState } from "./hub-state.ts";

export type FakeHub = {
  readonly state: FakeHubState;
  readonly port: number;
  readonly verifyKeyPem: string;
  readonly internalKey: string;
  /** Every question web asked, newest last. */
  readonly questions: SignInQuestion[];
  login: LoginOptions;
  /** Answers 503 to everything while set: a hub that restarts. */
  down: boolean;
  trustNotes: readonly string[];
  showManyProfiles(many: boolean): void;
  /** Down, with every open stream cut. */
  goAway(): void;
  sessionFor(userName: string): Promise<string>;
  handle(request: IncomingMessage, response: ServerResponse): Promise<void>;
  stop(): Promise<void>;
};

const keys = generateKeyPairSync("ed25519");
const internalKey = randomBytes(24).toString("base64url");

/** A hub without a database: the same procedures and internal questions, canned people, starts that advance. */
export async function startFakeHub(
  options: Partial<FakeHubOptions> & { readonly publicUrl: string },
): Promise<FakeHub> {
  const state = new FakeHubState({ stepMs: 600, trustNotes: [], profiles, ...options });
  const ended = new Set<string>();
  const streams = new Set<ServerResponse>();
  const hub: FakeHub = {
    state,
    port: 0,
    verifyKeyPem: keys.publicKey.export({ type: "spki", format: "pem" }).toString(),
    internalKey,
    questions: [],
    login: { local: true, dummy: false, providers: [], autoLogin: null },
    down: false,
    trustNotes: state.options.trustNotes,
    showManyProfiles: (many) => {
      state.profiles = many ? manyProfiles() : state.options.profiles;
    },
    goAway: () => {
      hub.down = true;
      for (const stream of streams) stream.destroy();
    },
    sessionFor: (userName) => mint(userName),
    handle: (request, response) => {
      streams.add(response);
      response.once("close", () => streams.delete(response));
      return handle(hub, ended, request, response);
    },
    stop: async () => {
      state.close();
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
  const server: Server = createServer((request, response) => {
    void hub.handle(request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return Object.assign(hub, { port: (server.address() as AddressInfo).port });
}

async function mint(userName: string): Promise<string> {
  const sid = randomBytes(24).toString("base64url");
  return await mintToken(keys.privateKey, "session", {
    sid,
    userId: userName,
    expiresAt: new Date(Date.now() + 3600_000),
    serverId: null,
  });
}

async function handle(
  hub: FakeHub,
  ended: Set<string>,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (hub.down) return void response.writeHead(503).end();
  const path = (request.url ?? "/").split("?", 1)[0] ?? "/";
  if (path.startsWith("/api/trpc/")) {
    const userName = await userOf(hub, ended, request);
    return await nodeHTTPRequestHandler({
      router: fakeRouter,
      path: path.slice("/api/trpc/".length),
      req: request,
      res: response,
      createContext: async () => ({ state: hub.state, userName, trustNotes: hub.trustNotes }),
    });
  }
  if (request.headers.authorization !== `Bearer ${internalKey}`) return sendJson(response, 403, {});
  if (path === "/internal/login-options") return sendJson(response, 200, hub.login);
  const body: unknown = JSON.parse(await textOf(request));
  if (path === "/internal/sign-in") return sendJson(response, 200, await signIn(hub, SignInQuestion.parse(body)));
  if (path === "/internal/sign-out") ended.add(SignOutQuestion.parse(body).token);
  sendJson(response, 200, {});
}

async function userOf(hub: FakeHub, ended: Set<string>, request: IncomingMessage): Promise<string | null> {
  const [cookie] = sessionCookiesIn(request.headers.cookie ?? "", sessionCookieName(hub.state.options.publicUrl));
  if (cookie === undefined || ended.has(cookie)) return null;
  const claims = await readToken([keys.publicKey], "session", cookie, new Date());
  return claims?.userId ?? null;
}

/** The password is always `secret`; the user name may be the code of a refusal. */
async function signIn(hub: FakeHub, question: SignInQuestion): Promise<SignInAnswer> {
  hub.questions.push(question);
  const refused = (code: Extract<SignInAnswer, { kind: "refused" }>["code"]): SignInAnswer => ({
    kind: "refused",
    code,
    retryAfterSeconds: code === "throttled" ? 42 : null,
  });
  if (question.method === "admin-link")
    return question.code === "good" ? await admitted(hub, "admin") : refused("expired");
  if (question.method === "oauth") {
    return question.state === question.expectedState ? await admitted(hub, "ana") : refused("provider");
  }
  const { username, password } = question;
  if (username === "throttled" || username === "not-allowed" || username === "disabled" || username === "provider")
    return refused(username);
  return password === "secret" && hub.state.users.has(username) ? await admitted(hub, username) : refused("wrong");
}

async function admitted(hub: FakeHub, name: string): Promise<SignInAnswer> {
  const admin = hub.state.users.get(name)?.admin === true;
  return {
    kind: "ok",
    token: await mint(name),
    expiresAt: Math.floor(Date.now() / 1000) + 3600,
    user: { id: `user-${name}`, name, admin },
  };
}

async function textOf(request: IncomingMessage): Promise<string> {
  let text = "";
  for await (const chunk of request) text += String(chunk);
  return text;
}

function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify(body));
}
