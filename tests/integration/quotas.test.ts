import { eq } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { usedOfGroup } from "#db/reservations.ts";
import { groups } from "#db/schema/groups.ts";
import { homes } from "#db/schema/homes.ts";
import { servers } from "#db/schema/servers.ts";
import type { Amounts } from "#db/schema/settings.ts";
import type { StartOptionsView } from "#server/api/views.ts";
import { stopServer } from "#server/servers/stop.ts";
import { createToken } from "#server/tokens/create.ts";
import { putGroup, putPerson, reservationsOf } from "#tests/fakes/group-rows.ts";
import { until } from "#tests/fakes/hub-under-test.ts";
import type { Called } from "#tests/fakes/portal-client.ts";
import { watchQuotas } from "#tests/fakes/quota-oracle.ts";
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
type Contender = {
  readonly name: string;
  start(more?: object): Promise<Called>;
  query(path: string, input: object): Promise<Called>;
  mutate(path: string, input: object): Promise<Called>;
};

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
    await watchQuotas(first.hub.db);
    return new House(first, await startPortal({ beside: first, config }));
  }

  async close(): Promise<void> {
    await this.second.stop();
    await this.first.stop();
  }

  get db() {
    return this.first.hub.db;
  }

  /** Half of them ask by page and half by token, half over the one hub and half over the other. */
  async people(count: number): Promise<Contender[]> {
    return await Promise.all(Array.from({ length: count }, (_, n) => this.#person(n)));
  }

  async #person(n: number): Promise<Contender> {
    const name = `user${this.#count++}`;
    const page = await putPerson(this.first, name);
    const { token } = await createToken(this.first.hub.systemContext("test"), { user: name });
    const portal = n % 2 === 0 ? this.first : this.second;
    const headers = n % 8 < 4 ? { ...page, origin: portal.url.origin } : { authorization: `token ${token}` };
    return {
      name,
      start: (more = {}) => portal.mutateWith(headers, "servers.start", { user: name, ...more }),
      query: (path, input) => portal.queryWith(headers, path, input),
      mutate: (path, input) => portal.mutateWith(headers, path, input),
    };
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

  // Two hundred of them over two hub processes: tests/faults/last-slot.test.ts.
  test("of 60 starts at once, by page and token over two hubs, as many win as there are places, and the sum never passes the quota", async () => {
    const people = await house.people(60);
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

describe("what a start is told and what it keeps", () => {
  let house: House;
  beforeAll(async () => {
    house = await House.open({ type: "kubernetes", kubernetes: { namespaceTemplate: "berth-{group}" } });
  });
  afterAll(() => house.close());
  const options = async (who: Contender, more: object = {}) => {
    const called = await who.query("servers.startOptions", { user: who.name, ...more });
    return called.data as StartOptionsView;
  };
  const rowOf = async (id: string) =>
    (await house.db.select().from(servers).where(eq(servers.id, id)))[0] ??
    expect.unreachable("there is no such server");
  const inPhase = async (id: string, phase: string) =>
    await until(async () => (await rowOf(id)).phase === phase, `${id} to be ${phase}`);
  const idOf = (called: Called) => (called.data as { id: string }).id;
  const stop = (name: string) => stopServer(house.first.hub.systemContext("test"), { user: name });
  const released = () => until(async () => (await reservationsOf(house.db)).length === 0, "nothing is held any more");

  test("the ninth server is refused with the sentence: the group, how much of how much, whose, and when it may free up", async () => {
    const people = await house.people(3);
    const [ana, ben, cy] = people as [Contender, Contender, Contender];
    await house.group("optics", people, { servers: 2 });
    const first = idOf(await ana.start());
    await ben.start();
    const inTwenty = new Date(house.first.clock.now().getTime() + 20 * 60_000);
    const refused = await cy.start();
    expect(refused).toMatchObject({ status: 412, code: "limit-reached" });
    expect(refused.message).toContain(
      `Group optics has used 2 of 2 servers: ${ana.name}, ${ben.name}. The next may free up`,
    );
    await inPhase(first, "ready");
    await house.db.update(servers).set({ stopAt: inTwenty, stopWhy: "idle" }).where(eq(servers.id, first));
    expect((await cy.start()).message).toContain(`in about 20 minutes, when ${ana.name}’s server is due to stop`);
    // It was a rejection: there is nothing of it, neither to look at nor to clean up.
    expect((await cy.query("servers.get", { user: cy.name, name: "" })).data).toMatchObject({
      id: "",
      phase: "stopped",
    });
    await stop(ana.name);
    await until(async () => (await cy.start()).code === null, "the place to come free");
    await house.stopAll();
  });

  test("S-31: a token that may only start servers is told no names", async () => {
    const people = await house.people(2);
    const [ana, ben] = people as [Contender, Contender];
    await house.group("acoustics", people, { servers: 1 });
    await ana.start();
    const scopes = [`start:servers!user=${ben.name}`];
    const { token } = await createToken(house.first.hub.systemContext("test"), { user: ben.name, scopes });
    const refused = await house.first.mutateWith({ authorization: `token ${token}` }, "servers.start", {
      user: ben.name,
    });
    expect(refused.code).toBe("limit-reached");
    expect(refused.message).toContain("Group acoustics has used 1 of 1 server. The next may free up");
    expect(JSON.stringify(refused)).not.toContain(ana.name);
    await house.stopAll();
  });

  test("cards say what fits and why not, before anything is started; GPUs show free and total", async () => {
    const people = await house.people(2);
    const [ana, ben] = people as [Contender, Contender];
    await house.group("graphics", people, { gpus: 1, cpuLimitMillicores: 6000 });
    const before = await options(ben);
    expect(before.gpus).toEqual({ free: 1, total: 1 });
    expect(before.fits.gpu).toMatchObject({ fits: true, reason: null });
    expect(before.fits.gpu?.after.map(({ text }) => text)).toEqual(["1 of 1 GPU", "4 of 6 CPUs"]);
    await ana.start({ profile: "gpu" });
    const after = await options(ben);
    expect(after.gpus).toEqual({ free: 0, total: 1 });
    expect(after.fits.small).toMatchObject({ fits: true });
    expect(after.fits.gpu).toMatchObject({ fits: false });
    expect(after.fits.gpu?.reason).toContain(`Group graphics has used 1 of 1 GPU: ${ana.name}.`);
    const preview = await ben.query("servers.preview", { user: ben.name, profile: "gpu" });
    expect(preview.data).toMatchObject({ limits: { gpus: 1 }, fit: { fits: false, reason: after.fits.gpu?.reason } });
    expect((await ben.start({ profile: "gpu" })).message).toBe(after.fits.gpu?.reason);
    await house.stopAll();
  });

  test("in several groups one must be chosen, it is remembered, and each group has its own namespace and home", async () => {
    const people = await house.people(1);
    const [ana] = people as [Contender];
    await house.group("Art & Design", people);
    await house.group("botany", people);
    expect((await options(ana)).group).toEqual({
      choices: ["Art & Design", "botany"],
      selected: null,
      message: "Choose the group this server counts against: Art & Design or botany.",
    });
    const refused = await ana.start();
    expect(refused).toMatchObject({ code: "invalid", message: expect.stringContaining("Art & Design or botany") });
    const id = idOf(await ana.start({ group: "botany" }));
    const inBotany = await rowOf(id);
    expect(inBotany.namespace).toBe("berth-botany");
    expect(await ana.start({ group: "Art & Design" })).toMatchObject({ code: "conflict" });
    await inPhase(id, "ready");
    await stop(ana.name);
    await released();

    expect((await options(ana)).home).toMatchObject({ isNew: false });
    expect((await options(ana, { group: "Art & Design" })).home).toMatchObject({ isNew: true });
    expect(idOf(await ana.start({ group: "Art & Design" }))).toBe(id);
    const inArt = await rowOf(id);
    expect(inArt.namespace).not.toBe(inBotany.namespace);
    expect(inArt.homeId).not.toBe(inBotany.homeId);
    await inPhase(id, "ready");
    await stop(ana.name);
    await released();
    await ana.start({ group: "botany" });
    expect(await rowOf(id)).toMatchObject({ namespace: inBotany.namespace, homeId: inBotany.homeId });
    await house.stopAll();
  });

  test("a server whose last run is still being removed doesn't move", async () => {
    const people = await house.people(1);
    const [ana] = people as [Contender];
    await house.group("geology", people);
    await house.group("history", people);
    const id = idOf(await ana.start({ group: "geology" }));
    await inPhase(id, "ready");
    house.first.spawner.before = (call) => {
      if (call === "stop") throw new Error("the backend can't be reached");
    };
    await stop(ana.name);
    await inPhase(id, "stopping");
    expect(await ana.start({ group: "history" })).toMatchObject({
      code: "conflict",
      message: expect.stringContaining("still being removed"),
    });
    expect(await reservationsOf(house.db)).toHaveLength(1);
    house.first.spawner.before = () => undefined;
    await released();
    expect((await ana.start({ group: "history" })).code).toBeNull();
    await house.stopAll();
  });

  test("S-32: a group of a deleted group's name gets neither its namespace nor its homes", async () => {
    const people = await house.people(1);
    const [ana] = people as [Contender];
    const old = await house.group("law", people);
    const id = idOf(await ana.start());
    const before = await rowOf(id);
    expect(before.namespace).toBe("berth-law");
    await inPhase(id, "ready");
    await stop(ana.name);
    await released();
    await house.db.update(groups).set({ deletedAt: new Date() }).where(eq(groups.id, old));
    await house.group("law", people);
    await ana.start();
    const after = await rowOf(id);
    expect(after.namespace).toMatch(/^berth-law-[0-9a-f]{8}$/);
    expect(after.homeId).not.toBe(before.homeId);
    await house.stopAll();
  });

  test("a restart keeps what it has, also when the quota was lowered below it; a stopped one must fit again", async () => {
    const people = await house.people(1);
    const [ana] = people as [Contender];
    const group = await house.group("music", people, { servers: 1 });
    const id = idOf(await ana.start());
    await inPhase(id, "ready");
    await house.db
      .update(groups)
      .set({ quota: { servers: 0 } })
      .where(eq(groups.id, group));
    expect((await ana.mutate("servers.restart", { user: ana.name, name: "" })).code).toBeNull();
    await until(
      async () => (await rowOf(id)).phaseGeneration === 2 && (await rowOf(id)).phase === "ready",
      "the restart",
    );
    expect(await reservationsOf(house.db)).toMatchObject([{ serverId: id, generation: 2 }]);
    await stop(ana.name);
    await released();
    expect((await ana.start()).code).toBe("limit-reached");
    expect((await ana.mutate("servers.startAgain", { user: ana.name, name: "" })).code).toBe("limit-reached");
  });

  test("a failed server gives back what it held once its run is gone, and starts again by asking anew", async () => {
    const people = await house.people(1);
    const [ana] = people as [Contender];
    await house.group("poetry", people, { servers: 1 });
    const id = idOf(await ana.start());
    await inPhase(id, "ready");
    house.first.spawner.kill(id);
    await inPhase(id, "failed");
    await released();
    expect((await ana.start()).code).toBeNull();
    await inPhase(id, "ready");
    house.first.spawner.onStart = () => ({
      kind: "refused",
      failure: { reason: "image", publicMessage: "No such image.", detail: "" },
    });
    await ana.mutate("servers.restart", { user: ana.name, name: "" });
    await inPhase(id, "failed");
    await released();
    house.first.spawner.onStart = () => "run";
  });

  test("S-44: homes count when they are made; a member's limits bind by the member", async () => {
    const people = await house.people(2);
    const [ana, ben] = people as [Contender, Contender];
    const id = await house.group("dance", people, { homes: 2, storageBytes: 25 * 1024 ** 3 });
    await house.db
      .update(groups)
      .set({ memberLimits: { servers: 1, cpuLimitMillicores: 2000 } })
      .where(eq(groups.id, id));
    expect((await ana.start({ profile: "gpu" })).message).toContain("may have 2 CPUs, and this one asks for 4 CPUs");
    expect((await ana.start()).code).toBeNull();
    const second = await ana.start({ name: "second" });
    expect(second).toMatchObject({
      code: "limit-reached",
      message: `In group dance, “${ana.name}” may run 1 server at once. Stop one first.`,
    });
    expect((await ben.start()).code).toBeNull();
    await house.stopAll();
    expect((await ben.start({ name: "second" })).message).toContain("Group dance has used 2 of 2 homes");
    expect((await ben.start()).code).toBeNull();
    await house.stopAll();
  });

  test("S-44: a manager starts a member's server in their own group, not at another's cost", async () => {
    const people = await house.people(2);
    const [ana, boss] = people as [Contender, Contender];
    await putGroup(house.db, "sailing", { [ana.name]: "member", [boss.name]: "manager" });
    await putGroup(house.db, "rowing", { [ana.name]: "member" });
    const started = await boss.mutate("servers.start", { user: ana.name, group: "rowing" });
    expect(started).toMatchObject({ code: "invalid" });
    const id = idOf(await boss.mutate("servers.start", { user: ana.name }));
    expect((await rowOf(id)).namespace).toBe("berth-sailing");
    await house.stopAll();
  });
});
