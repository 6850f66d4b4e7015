import { type Browser, type BrowserContext, expect, type Page } from "@playwright/test";
import superjson from "superjson";
import type { RunningBerth } from "./berth.ts";
import { addUser, runBerth } from "./command-line.ts";
import { logIn } from "./journey.ts";

type GroupPeople = { readonly managers: readonly string[]; readonly members: readonly string[] };
type Amounts = { readonly ceiling?: object; readonly quota?: object };

/** Everybody of one Berth, each in a browser of their own, and `root`, who is its admin. */
export class People {
  readonly #berth: RunningBerth;
  readonly #browser: Browser;
  readonly #passwords = new Map<string, string>();
  readonly #contexts: BrowserContext[] = [];
  readonly root: Page;

  private constructor(berth: RunningBerth, browser: Browser, root: Page) {
    this.#berth = berth;
    this.#browser = browser;
    this.root = root;
    this.#contexts.push(root.context());
  }

  static async meet(berth: RunningBerth, browser: Browser): Promise<People> {
    const answer = runBerth(berth, "-o", "json", "user", "add", "root", "--admin");
    const { password } = JSON.parse(answer) as { password: string };
    const root = await (await browser.newContext()).newPage();
    await logIn(root, berth.url, "root", password);
    return new People(berth, browser, root);
  }

  /** A group with what it may use; everybody in it is made. */
  async makeGroup(name: string, { managers, members }: GroupPeople, { ceiling, quota }: Amounts = {}): Promise<void> {
    const users = [...managers, ...members];
    for (const user of users) this.#passwords.set(user, addUser(this.#berth, user));
    await this.mutate(this.root, "groups.create", { name });
    await this.mutate(this.root, "groups.addMembers", { group: name, users });
    for (const user of managers) await this.mutate(this.root, "groups.setRole", { group: name, user, role: "manager" });
    if (ceiling !== undefined) await this.mutate(this.root, "quotas.setCeiling", { group: name, ceiling });
    if (quota !== undefined) await this.mutate(this.root, "quotas.setQuota", { group: name, quota });
  }

  /** A page of somebody who has just logged in. `prepare` has it before its first address. */
  async page(name: string, prepare: (page: Page) => Promise<void> = async () => {}): Promise<Page> {
    const context = await this.#browser.newContext();
    this.#contexts.push(context);
    const page = await context.newPage();
    await prepare(page);
    await logIn(page, this.#berth.url, name, this.#passwords.get(name) ?? "");
    return page;
  }

  /** What the pages call, in the name of who is logged in there. */
  async call(page: Page, procedure: string, input: object): Promise<{ status: number; text: string }> {
    const { url } = this.#berth;
    const answer = await page.request.post(`${url}/api/trpc/${procedure}`, {
      headers: { origin: new URL(url).origin, "sec-fetch-site": "same-origin" },
      data: superjson.serialize(input),
    });
    return { status: answer.status(), text: await answer.text() };
  }

  async mutate(page: Page, procedure: string, input: object): Promise<void> {
    const { status, text } = await this.call(page, procedure, input);
    expect(status, `${procedure}: ${text}`).toBe(200);
  }

  async leave(): Promise<void> {
    await Promise.all(this.#contexts.map((context) => context.close()));
  }
}
