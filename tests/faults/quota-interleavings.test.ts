import { eq, ne, sql } from "drizzle-orm";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { groups } from "#db/schema/groups.ts";
import { servers } from "#db/schema/servers.ts";
import type { Amounts } from "#db/schema/settings.ts";
import { isHubError } from "#server/errors.ts";
import type { Hub } from "#server/hub.ts";
import { setQuota } from "#server/quotas/set-quota.ts";
import { restartServer } from "#server/servers/restart.ts";
import { startServer } from "#server/servers/start.ts";
import { stopServer } from "#server/servers/stop.ts";
import { type FreshDatabase, freshDatabase } from "#tests/database.ts";
import { putGroup, reservationsOf } from "#tests/fakes/group-rows.ts";
import { addUser, startHubOn, until } from "#tests/fakes/hub-under-test.ts";
import { MortalHub } from "#tests/fakes/mortal-hub.ts";
import { watchQuotas } from "#tests/fakes/quota-oracle.ts";
import { FakeSpawner } from "#tests/fakes/spawner.ts";

const users = ["ana", "ben", "cy", "di", "ed", "flo"];
const profileList = [
  { display_name: "Small", slug: "small", kubespawner_override: { cpu_limit: 1, mem_limit: "1G" } },
  {
    display_name: "Large",
    slug: "large",
    kubespawner_override: { cpu_limit: 4, mem_limit: "4G", extra_resource_limits: { "nvidia.com/gpu": "1" } },
  },
];

type Op =
  | {
      readonly do: "start" | "stop" | "restart" | "killed" | "exits";
      readonly who: number;
      readonly profile: "small" | "large";
    }
  | { readonly do: "quota"; readonly quota: Amounts }
  | { readonly do: "refusing" | "running" | "crash" };

const who = fc.integer({ min: 0, max: users.length - 1 });
const profile = fc.constantFrom("small" as const, "large" as const);
const op: fc.Arbitrary<Op> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ do: fc.constant("start" as const), who, profile }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant("stop" as const), who, profile }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constantFrom("restart" as const, "killed" as const, "exits" as const),
      who,
      profile,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant("quota" as const),
      quota: fc.record(
        {
          servers: fc.integer({ min: 0, max: 4 }),
          cpuLimitMillicores: fc.integer({ min: 0, max: 9 }).map((cpus) => cpus * 1000),
          gpus: fc.integer({ min: 0, max: 2 }),
        },
        { requiredKeys: [] },
      ),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom("refusing" as const, "running" as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("crash" as const) }) },
);
const waves = fc.array(fc.array(op, { minLength: 1, maxLength: 6 }), { minLength: 8, maxLength: 8 });
const wavesOfRun = fc.sample(waves, { numRuns: 5, seed: 20_261 });

/** Two hubs over one database, of which the first dies now and then as by kill -9. */
class Place {
  readonly database: FreshDatabase;
  readonly spawner = new FakeSpawner();
  readonly #config: object;
  #mortal = new MortalHub(null);
  #first: Hub | null = null;
  #second: Hub | null = null;
  readonly surprises: unknown[] = [];

  constructor(database: FreshDatabase, config: object) {
    this.database = database;
    this.#config = config;
  }

  async open(): Promise<void> {
    const { url: databaseUrl } = this.database;
    this.#second = await startHubOn({ databaseUrl, spawner: this.spawner, config: this.#config });
    await this.#openFirst();
  }

  async #openFirst(): Promise<void> {
    this.#mortal = new MortalHub(null);
    const { url: databaseUrl } = this.database;
    const spawner = this.#mortal.backend(this.spawner);
    const { openDatabase } = this.#mortal;
    this.#first = await startHubOn({ databaseUrl, spawner, config: this.#config, openDatabase });
  }

  get second(): Hub {
    return this.#second ?? expect.unreachable("the hub isn't open");
  }

  async close(): Promise<void> {
    await this.#first?.stop();
    await this.#second?.stop();
    this.spawner.close();
    await this.database.drop();
  }

  async #crash(): Promise<void> {
    this.#mortal.die();
    await this.#first?.stop().catch(() => undefined);
    await this.database.db.execute(sql`update leases set expires_at = now() - interval '1 second'`);
    await this.#openFirst();
  }

  async play(one: Op, group: string, at: number): Promise<void> {
    const hub = at % 2 === 0 ? (this.#first ?? this.second) : this.second;
    const mortal = this.#mortal;
    try {
      await this.#do(one, group, hub);
    } catch (error) {
      const expected = isHubError(error) && ["limit-reached", "conflict", "not-found"].includes(error.code);
      if (!expected && !(mortal.dead && hub !== this.second)) this.surprises.push(error);
    }
  }

  async #do(one: Op, group: string, hub: Hub): Promise<void> {
    const ctx = hub.systemContext("test");
    if ("quota" in one) return await this.#setQuota(hub, group, one.quota);
    if (!("who" in one)) return one.do === "crash" ? await this.#crash() : this.#setStarts(one.do);
    const user = users[one.who] ?? "";
    if (one.do === "start") await startServer(ctx, { user, profile: one.profile });
    if (one.do === "stop") await stopServer(ctx, { user });
    if (one.do === "restart") await restartServer(ctx, { user });
    const run = [...this.spawner.runs.values()][one.who];
    if (one.do === "killed" && run !== undefined) this.spawner.kill(run.ref.serverId);
    if (one.do === "exits" && run !== undefined) {
      const failure = { reason: "crashed", publicMessage: "It ended.", detail: "" } as const;
      this.spawner.set(run.ref.serverId, { kind: "exited", runId: run.ref.runId ?? "", failure, at: new Date() });
    }
  }

  #setStarts(what: "refusing" | "running"): void {
    const failure = { reason: "image", publicMessage: "No such image.", detail: "" } as const;
    this.spawner.onStart = () => (what === "running" ? "run" : { kind: "refused", failure });
  }

  async #setQuota(hub: Hub, group: string, quota: Amounts): Promise<void> {
    const { servers: count = null, cpuLimitMillicores, gpus = null } = quota;
    const cpuLimit = cpuLimitMillicores === undefined ? null : cpuLimitMillicores / 1000;
    await setQuota(hub.systemContext("test"), { group, confirm: true, quota: { servers: count, cpuLimit, gpus } });
  }

  /** Nothing runs that holds nothing. Runs are looked at first: one that is over by the second look has given back since. */
  async check(): Promise<void> {
    const running = [...this.spawner.runs.keys()];
    const held = new Set((await reservationsOf(this.database.db)).map(({ serverId }) => serverId));
    expect(running.filter((id) => !held.has(id) && this.spawner.runs.has(id))).toEqual([]);
  }

  async rest(): Promise<void> {
    this.#setStarts("running");
    for (const user of users)
      await stopServer(this.second.systemContext("test"), { user }).catch((error: unknown) => {
        if (!isHubError(error) || error.code !== "not-found") throw error;
      });
    await until(async () => (await reservationsOf(this.database.db)).length === 0, "everything is given back");
    expect(this.spawner.runs.size).toBe(0);
    const left = () => this.database.db.select().from(servers).where(ne(servers.phase, "stopped"));
    await until(async () => (await left()).length === 0, "everything is stopped");
  }
}

const backends = [
  ["kubernetes", { type: "kubernetes", kubernetes: { namespaceTemplate: "berth-{group}" } }],
  ["local", { type: "local" }],
] as const;

describe.each(backends)(
  "R-04: starts, stops, failures, lowered quotas and hubs that are killed, on %s",
  (_title, spawner) => {
    let place: Place;
    beforeAll(async () => {
      place = new Place(await freshDatabase(), { spawner, singleuser: { profileList } });
      await place.open();
      for (const user of users) await addUser(place.second, user);
      await watchQuotas(place.database.db);
    });
    afterAll(() => place.close());

    test.each(wavesOfRun.map((list, n) => [n + 1, list] as const))(
      "no reservation is made beyond what the quota is then, all is given back in the end (interleaving %d)",
      async (n, list) => {
        const group = `lab${n}`;
        await putGroup(place.database.db, group, Object.fromEntries(users.map((user) => [user, "member" as const])));
        for (const wave of list) {
          await Promise.all(wave.map((one, at) => place.play(one, group, at)));
          await place.check();
        }
        await place.rest();
        expect(place.surprises).toEqual([]);
        await place.database.db.update(groups).set({ deletedAt: new Date() }).where(eq(groups.name, group));
      },
      60_000,
    );
  },
);
