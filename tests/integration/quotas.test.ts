import { eq } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { usedOfGroup } from "#db/reservations.ts";
import { groups } from "#db/schema/groups.ts";
import { homes } from "#db/schema/homes.ts";
import { servers } from "#db/schema/servers.ts";
import type { Amounts } from "#db/schema/settings.ts";
import { stopServer } from "#server/servers/stop.ts";
import { createToken } from "#server/tokens/create.ts";
import { putGroup, putPerson, reservationsOf } from "#tests/fakes/group-rows.ts";
import { until } from "#tests/fakes/hub-under-test.ts";
import type { Called } from "#tests/fakes/portal-client.ts";
import { type Portal, startPortal } from "#tests/fakes/whole-portal.ts";

const profileList = [
  { display_name: "Small", slug: "small", default: true, kubespawner_override: { cpu_limit: 1, mem_limit: "1G" } },
  {
    display_name: "GPU",
    slug: "gpu",
    kubespawner_override: { cpu_limit: 4, mem_limit: "8G", extra_resource_limits: { "nvidia.com/gpu": "1" } },
  },
];
const kubernetes = (more: object) => ({ type: "kubernetes", kubernetes: { namespace: "berth", ...more } });
const tenancies = [
  ["one namespace for all", kubernetes({})],
  ["a namespace per group", { type: "kubernetes", kubernetes: { namespaceTemplate: "berth-{group}" } }],
  ["a namespace per user", { type: "kubernetes", kubernetes: { namespaceTemplate: "berth-{username}" } }],
  ["the local backend", { type: "local" }],
] as const;

/** Who asks, over which hub and how: a page's session or a token. */
type Contender = { readonly name: string; start(more?: object): Promise<Called> };

class House {
  readonly first: Portal;
  readonly second: Portal;
  #count = 0;

  constructor(first: Portal, second: Portal) {
    this.first = first;
    this.second = second;
  }

  static async open(spawner: object): Promise<House> {
    const config = { spawner, singleuser: { profileList } };
    const first = await startPortal({ config });
    return new House(first, await startPortal({ beside: first, config }));
  }

  async close(): Promise<void> {
    await this.second.stop();
    await this.first.stop();
  }

  get db() {
    return this.first.hub.db;
  }

  async people(count: number): Promise<Contender[]> {
    return await Promise.all(Array.from({ length: count }, () => this.#person()));
  }

  async #person(): Promise<Contender> {
    const n = this.#count++;
    const name = `user${n}`;
    const page = await putPerson(this.first, name);
    const { token } = await createToken(this.first.hub.systemContext("test"), { user: name });
    const portal = n % 2 === 0 ? this.first : this.second;
    const headers = n % 4 < 2 ? { ...page, origin: portal.url.origin } : { authorization: `token ${token}` };
    return { name, start: (more = {}) => portal.mutateWith(headers, "servers.start", { user: name, ...more }) };
  }

  async group(name: string, people: readonly Contender[], quota: Amounts = {}): Promise<string> {
    return await putGroup(this.db, name, Object.fromEntries(people.map((one) => [one.name, "member"])), { quota });
  }

  async stopAll(): Promise<void> {
    const rows = await this.db.query.users.findMany();
    const running = await this.db.select().from(servers).where(eq(servers.desired, "running"));
    for (const server of running) {
      const owner = rows.find(({ id }) => id === server.userId);
      await stopServer(this.first.hub.systemContext("test"), { user: owner?.name ?? "", name: server.name });
    }
    await until(async () => (await reservationsOf(this.db)).length === 0, "nothing is held any more");
  }
}

describe.each(tenancies)("S-44, R-04: the last slot, with %s", (_title, spawner) => {
  let house: House;
  beforeAll(async () => {
    house = await House.open(spawner);
  });
  afterAll(() => house.close());

  test("of 200 starts at once, by page and token over two hubs, as many win as there are places, and the sum never passes the quota", async () => {
    const people = await house.people(200);
    const id = await house.group("physics", people, { servers: 8, cpuLimitMillicores: 8000 });
    let most = 0;
    let over = false;
    const watching = (async () => {
      while (!over) most = Math.max(most, (await usedOfGroup(house.db, id)).servers);
    })();
    const called = await Promise.all(people.map((one) => one.start()));
    over = true;
    await watching;
    expect(called.filter(({ code }) => code === null)).toHaveLength(8);
    const lost = called.filter(({ code }) => code !== null);
    expect(new Set(lost.map(({ code }) => code))).toEqual(new Set(["limit-reached"]));
    expect(lost[0]?.message).toMatch(/^Group physics has used 8 of 8 servers/);
    expect(most).toBe(8);
    // A rejection leaves nothing: no server to look at, no home, no reservation, nothing for the backend.
    const made = await house.db.select().from(servers);
    expect(made).toHaveLength(8);
    expect(await house.db.select().from(homes)).toHaveLength(8);
    await until(async () => house.first.spawner.started.length === 8, "the eight that won are started");
    expect(await reservationsOf(house.db)).toHaveLength(8);
    await house.stopAll();
  }, 120_000);

  test("twenty at the one slot left, again and again: it goes to one each time, by whatever resource is short", async () => {
    const people = await house.people(20);
    const id = await house.group("chemistry", people);
    const quotas: Amounts[] = [
      { servers: 1 },
      { cpuLimitMillicores: 1999 },
      { memoryLimitBytes: 1024 ** 3 },
      { cpuLimitMillicores: 1000, servers: 5 },
    ];
    for (let round = 0; round < 10; round++) {
      await house.db
        .update(groups)
        .set({ quota: quotas[round % quotas.length] ?? {} })
        .where(eq(groups.id, id));
      const called = await Promise.all(people.map((one) => one.start()));
      expect(called.filter(({ code }) => code === null)).toHaveLength(1);
      expect(new Set(called.map(({ code }) => code))).toEqual(new Set([null, "limit-reached"]));
      await house.stopAll();
    }
  }, 120_000);
});
