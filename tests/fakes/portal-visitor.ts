import superjson from "superjson";
import { sessionCookieName } from "#server/auth/cookies.ts";
import { SignInAnswer } from "#server/internal/messages.ts";
import { until } from "./hub-under-test.ts";
import { type Answer, type Ask, type Called, Line, readTrpc, send } from "./portal-client.ts";

export const password = "correct horse battery";

/** Where a page of a server is reached, and with which cookie. */
export type Place = { readonly host: string; readonly origin: string; readonly cookie: string };

type Door = {
  readonly port: number;
  readonly url: URL;
  readonly webInternalSocket: string;
  readonly originPerUser: boolean;
};

const navigation = { accept: "text/html", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document" };

/** What people, their browsers and their scripts do with a portal, over its edge. */
export class PortalVisitor {
  readonly port: number;
  readonly url: URL;
  readonly #door: Door;

  constructor(door: Door) {
    this.port = door.port;
    this.url = door.url;
    this.#door = door;
  }

  /** As web does it: the password for a session, over web's own socket. Returns the Cookie header. */
  async signIn(username: string, secret = password): Promise<string> {
    const answer = await this.trySignIn(username, secret);
    if (answer.kind !== "ok") throw new Error(`${username} could not log in: ${answer.code}`);
    return `${sessionCookieName(this.url)}=${answer.token}`;
  }

  async trySignIn(username: string, secret = password): Promise<SignInAnswer> {
    const question = { method: "local", username, password: secret, client: "127.0.0.1" };
    return SignInAnswer.parse((await this.askAsWeb("/internal/sign-in", question)).json());
  }

  async signOut(cookie: string): Promise<void> {
    await this.askAsWeb("/internal/sign-out", { token: cookieValue(cookie) });
  }

  async askAsWeb(target: string, question: unknown): Promise<Answer> {
    return await send({ socketPath: this.#door.webInternalSocket }, target, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(question),
    });
  }

  /** Over the edge, on the portal's own origin unless `host` says otherwise. */
  async ask(target: string, ask: Ask = {}): Promise<Answer> {
    return await send({ port: this.port }, target, { host: this.url.host, ...ask });
  }

  async query(cookie: string, procedure: string, input: unknown): Promise<Called> {
    return await this.queryWith({ cookie }, procedure, input);
  }

  async queryWith(headers: Record<string, string>, procedure: string, input: unknown): Promise<Called> {
    const query = encodeURIComponent(JSON.stringify(superjson.serialize(input)));
    return readTrpc(await this.ask(`/api/trpc/${procedure}?input=${query}`, { headers }));
  }

  /** As a page of the portal sends it. */
  async mutate(cookie: string, procedure: string, input: unknown): Promise<Called> {
    const fromPage = { origin: this.url.origin, "sec-fetch-site": "same-origin" };
    return await this.mutateWith({ cookie, ...fromPage }, procedure, input);
  }

  async mutateWith(headers: Record<string, string>, procedure: string, input: unknown): Promise<Called> {
    const ask = {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body: JSON.stringify(superjson.serialize(input)),
    };
    return readTrpc(await this.ask(`/api/trpc/${procedure}`, ask));
  }

  /** Starts a server over the edge and waits until the edge itself leads there. Returns its id. */
  async startServer(cookie: string, user: string, name = ""): Promise<string> {
    const called = await this.mutate(cookie, "servers.start", { user, name });
    if (called.code !== null) throw new Error(`${user} could not start: ${called.message}`);
    await until(async () => {
      const place = await this.enter(cookie, user, name).catch(() => null);
      return place !== null && (await this.get(place, prefixOf(user, name))).status === 200;
    }, `the route to ${user}/${name}`);
    return (called.data as { id: string }).id;
  }

  /** The browser's way into a server: in path mode it is there already; else the portal gives a code, the user's origin a cookie. */
  async enter(cookie: string, user: string, name = ""): Promise<Place> {
    if (!this.#door.originPerUser) return { host: this.url.host, origin: this.url.origin, cookie };
    const first = await this.ask(prefixOf(user, name), { headers: { cookie, ...navigation } });
    if (!first.headers.location?.startsWith("/hub/enter?")) throw new Error(`no way in: ${first.status}`);
    const second = await this.ask(first.headers.location, { headers: { cookie, ...navigation } });
    const away = new URL(second.headers.location ?? "", this.url);
    const third = await this.ask(`${away.pathname}${away.search}`, { host: away.host, headers: navigation });
    const [given] = third.setCookies;
    if (given === undefined) throw new Error(`the code was not taken: ${third.status}`);
    return { host: away.host, origin: away.origin, cookie: given.split(";", 1)[0] ?? "" };
  }

  async get(place: Place, target: string, headers: Record<string, string> = {}): Promise<Answer> {
    return await this.ask(target, { host: place.host, headers: { cookie: place.cookie, ...headers } });
  }

  async webSocket({ host, origin, cookie }: Place, target: string): Promise<Line> {
    const line = await this.tryWebSocket({ host, origin, cookie }, target);
    if (typeof line === "number") throw new Error(`the upgrade was refused with ${line}`);
    return line;
  }

  async tryWebSocket(headers: Record<string, string>, target: string): Promise<Line | number> {
    return await Line.open(this.port, target, { host: this.url.host, ...headers });
  }
}

export function cookieValue(cookie: string): string {
  return cookie.slice(cookie.indexOf("=") + 1);
}

function prefixOf(user: string, name: string): string {
  return `/user/${encodeURIComponent(user)}/${name === "" ? "" : `${name}/`}`;
}
