import { type Answer, send } from "./portal-client.ts";

type Kept = { readonly value: string; readonly path: string };
export type Visit = { readonly answer: Answer; readonly url: URL; readonly hops: readonly string[] };

/** A browser without a screen: it keeps cookies by their path and follows where it is sent, on one origin. */
export class CookieBrowser {
  readonly #port: number;
  readonly #origin: string;
  readonly #cookies = new Map<string, Kept>();

  constructor(port: number, origin: string, session: string) {
    this.#port = port;
    this.#origin = origin;
    this.keep(`${session}; Path=/`);
  }

  keep(setCookie: string): void {
    const [pair = "", ...attributes] = setCookie.split(";").map((part) => part.trim());
    const at = pair.indexOf("=");
    const path = attributes.find((attribute) => /^path=/i.test(attribute))?.slice(5) ?? "/";
    const key = `${pair.slice(0, at)} ${path}`;
    const over = attributes.some((attribute) => /^(max-age=0|expires=.*\b(19\d\d|200\d|201\d)\b)/i.test(attribute));
    if (over || pair.endsWith('=""')) this.#cookies.delete(key);
    else this.#cookies.set(key, { value: pair, path });
  }

  cookieFor(path: string): string {
    const sent = [...this.#cookies.values()].filter((kept) => path.startsWith(kept.path));
    return sent.map((kept) => kept.value).join("; ");
  }

  valueOf(name: string, path: string): string {
    const pair = this.cookieFor(path)
      .split("; ")
      .find((one) => one.startsWith(`${name}=`));
    return pair?.slice(name.length + 1) ?? "";
  }

  /** One page, nothing followed. */
  async step(target: string, headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
    const navigation = { accept: "text/html", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document" };
    return await this.#ask(target, { headers: { ...navigation, ...headers } });
  }

  async open(target: string): Promise<Visit> {
    const hops: string[] = [];
    for (let url = new URL(target, this.#origin); hops.length < 12; ) {
      const answer = await this.step(`${url.pathname}${url.search}`);
      hops.push(`${answer.status} ${url.pathname}`);
      const { location } = answer.headers;
      if (location === undefined) return { answer, url, hops };
      url = new URL(location, url);
      if (url.origin !== this.#origin) throw new Error(`sent away to ${url}`);
    }
    throw new Error(`sent round and round: ${hops.join(", ")}`);
  }

  /** What a page's own script sends. */
  async fetch(method: string, target: string, body?: unknown): Promise<Answer> {
    const headers = {
      origin: this.#origin,
      "sec-fetch-site": "same-origin",
      "sec-fetch-mode": "cors",
      "content-type": "application/json",
      "x-xsrftoken": this.valueOf("_xsrf", target),
    };
    return await this.#ask(target, { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
  }

  async #ask(target: string, ask: Parameters<typeof send>[2] & object): Promise<Answer> {
    const [path = "/"] = target.split("?", 1);
    const headers = { ...ask.headers, cookie: this.cookieFor(path) };
    const answer = await send({ port: this.#port }, target, { host: new URL(this.#origin).host, ...ask, headers });
    for (const cookie of answer.setCookies) this.keep(cookie);
    return answer;
  }
}
