import { eq } from "drizzle-orm";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { usedOfGroup } from "#db/reservations.ts";
import { groupMembers, groups } from "#db/schema/groups.ts";
import { servers } from "#db/schema/servers.ts";
import type { MemberLimits } from "#db/schema/settings.ts";
import { stopServer } from "#server/servers/stop.ts";
import { createToken } from "#server/tokens/create.ts";
import { putGroup, putPerson, reservationsOf } from "#tests/fakes/group-rows.ts";
import { until } from "#tests/fakes/hub-under-test.ts";
import { watchQuotas } from "#tests/fakes/quota-oracle.ts";
import { type Portal, startPortal } from "#tests/fakes/whole-portal.ts";

const gpu = { cpu_limit: 4, mem_limit: "8G", extra_resource_limits: { "nvidia.com/gpu": "1" } };
const profileList = [
  { display_name: "Small", slug: "small", default: true, kubespawner_override: { cpu_limit: 1, mem_limit: "1G" } },
  { display_name: "GPU", slug: "gpu", kubespawner_override: gpu },
  {
    display_name: "Sized",
    slug: "sized",
    kubespawner_override: { cpu_limit: 1, mem_limit: "1G" },
    profile_options: {
      size: {
        display_name: "Size",
        choices: {
          one: { display_name: "One", default: true, kubespawner_override: { cpu_limit: 1 } },
          six: { display_name: "Six", kubespawner_override: { cpu_limit: 6 } },
        },
      },
    },
  },
];
const backends = [
  ["kubernetes", { type: "kubernetes", kubernetes: { namespaceTemplate: "berth-{group}" } }],
  ["local", { type: "local" }],
] as const;

type Answer = { readonly status: number; readonly code: unknown; readonly message: string };

/** A portal, and its people's scripts: JupyterHub's REST API with a token each. */
class Scripts {
  readonly portal: Portal;
  readonly #tokens = new Map<string, string>();

  constructor(portal: Portal) {
    this.portal = portal;
  }

  get db() {
    return this.portal.hub.db;
  }

  async people(...names: readonly string[]): Promise<void> {
    for (const name of names) {
      await putPerson(this.portal, name);
      const { token } = await createToken(this.portal.hub.systemContext("test"), { user: name, scopes: ["self"] });
      this.#tokens.set(name, token);
    }
  }

  async ask(who: string, method: "POST" | "DELETE", target: string, body: unknown = {}): Promise<Answer> {
    const headers = { authorization: `token ${this.#tokens.get(who)}`, "content-type": "application/json" };
    const answer = await this.portal.ask(`/hub/api/users/${target}`, { method, headers, body: JSON.stringify(body) });
    const said = answer.text === "" ? {} : answer.json();
    return { status: answer.status, code: said.code ?? null, message: String(said.message ?? "") };
  }

  async start(who: string, body: unknown = {}, server = ""): Promise<Answer> {
    return await this.ask(who, "POST", server === "" ? `${who}/server` : `${who}/servers/${server}`, body);
  }

  async ready(who: string, server = ""): Promise<void> {
    const rows = await this.db.query.users.findMany();
    const owner = rows.find(({ name }) => name === who);
    const phaseOf = async () =>
      (await this.db.select().from(servers).where(eq(servers.name, server))).find(({ userId }) => userId === owner?.id)
        ?.phase;
    await until(async () => (await phaseOf()) === "ready", `${who}/${server} to be ready`);
  }

  /** A manager's token does what its owner may: the default of the command line does only what is the owner's own. */
  async asManager(who: string, group: string): Promise<void> {
    const scopes = ["servers!group", "read:groups!group"].map((scope) => `${scope}=${group}`);
    const { token } = await createToken(this.portal.hub.systemContext("test"), { user: who, scopes });
    this.#tokens.set(who, token);
  }

  async stopAll(): Promise<void> {
    const rows = await this.db.query.users.findMany();
    for (const server of await this.db.select().from(servers).where(eq(servers.desired, "running"))) {
      const owner = rows.find(({ id }) => id === server.userId);
      await stopServer(this.portal.hub.systemContext("test"), { user: owner?.name ?? "", name: server.name });
    }
    await until(async () => (await reservationsOf(this.db)).length === 0, "nothing is held any more");
  }
}

describe.each(backends)("S-44: quotas and limits over JupyterHub's REST API, %s", (_title, spawner) => {
  let scripts: Scripts;
  beforeAll(async () => {
    scripts = new Scripts(await startPortal({ config: { spawner, singleuser: { profileList } } }));
    await watchQuotas(scripts.db);
    await scripts.people("ana", "ben", "cy");
  });
  afterAll(() => scripts.portal.stop());
  beforeEach(async () => {
    await scripts.stopAll();
    await scripts.db.delete(groupMembers);
    // Homes and servers of the test before aren't in the way: they count against groups that are deleted.
    await scripts.db.update(groups).set({ deletedAt: new Date() });
  });
  const limitMembers = async (id: string, memberLimits: MemberLimits) =>
    await scripts.db.update(groups).set({ memberLimits }).where(eq(groups.id, id));

  test("twenty named servers asked for at once by one member are as many as a member may have", async () => {
    const id = await putGroup(scripts.db, "physics", { ana: "member" }, { quota: { servers: 50 } });
    await limitMembers(id, { servers: 3 });
    const asked = Array.from({ length: 20 }, (_, n) => scripts.start("ana", {}, `s${n}`));
    const answers = await Promise.all(asked);
    const refused = answers.filter(({ status }) => status >= 300);
    expect(answers.filter(({ status }) => status < 300)).toHaveLength(3);
    expect(refused).toHaveLength(17);
    expect(new Set(refused.map(({ status, code }) => `${status} ${code}`))).toEqual(new Set(["400 limit-reached"]));
    expect((await usedOfGroup(scripts.db, id)).servers).toBe(3);
  });

  test("one server asked for twenty times at once is one, and holds one place", async () => {
    const id = await putGroup(scripts.db, "physics", { ana: "member" }, { quota: { servers: 2 } });
    const answers = await Promise.all(Array.from({ length: 20 }, () => scripts.start("ana")));
    for (const { status } of answers) expect([201, 202, 400]).toContain(status);
    expect(answers.filter(({ status }) => status < 300).length).toBeGreaterThan(0);
    expect((await usedOfGroup(scripts.db, id)).servers).toBe(1);
  });

  test("a refusal says which quota, how much, and whose server has it, to a token of `self`", async () => {
    await putGroup(scripts.db, "physics", { ana: "member", ben: "member" }, { quota: { gpus: 1 } });
    expect((await scripts.start("ana", { profile: "gpu" })).status).toBeLessThan(300);
    const refused = await scripts.start("ben", { profile: "gpu" });
    expect(refused).toMatchObject({ status: 400, code: "limit-reached" });
    expect(refused.message).toMatch(/^Group physics has used 1 of 1 GPU: ana\. The next may free up/);
    expect((await scripts.start("ben")).status).toBeLessThan(300);
  });

  test("more can't be had by other options: not while it runs, not by a restart, not by an option nobody offers", async () => {
    const id = await putGroup(scripts.db, "physics", { ana: "member" }, { quota: { cpuLimitMillicores: 4000 } });
    expect((await scripts.start("ana", { profile: "sized", size: "one" })).status).toBeLessThan(300);
    await scripts.ready("ana");
    expect((await scripts.start("ana", { profile: "sized", size: "six" })).status).toBe(400);
    expect((await usedOfGroup(scripts.db, id)).cpuLimitMillicores).toBe(1000);
    await scripts.ask("ana", "DELETE", "ana/server");
    const tries: readonly [unknown, string][] = [
      [{ profile: "sized", size: "six" }, "limit-reached"],
      [{ user_options: { profile: "sized", size: "six" } }, "limit-reached"],
      [{ profile: ["sized"], size: ["six"] }, "limit-reached"],
      [{ profile: "sized", size: "sixty" }, "invalid"],
      [{ profile: "sized", cpu_limit: 64 }, "invalid"],
      [{ profile: "sized", kubespawner_override: { cpu_limit: 64 } }, "invalid"],
      [{ user_options: { profile: "small", size: "six" } }, "invalid"],
    ];
    for (const [body, code] of tries)
      expect(await scripts.start("ana", body), JSON.stringify(body)).toMatchObject({ status: 400, code });
    expect((await usedOfGroup(scripts.db, id)).cpuLimitMillicores).toBe(0);
    expect((await scripts.start("ana", { profile: "sized", size: "one" })).status).toBeLessThan(300);
  });

  test("changing the group asks the other group's quota, and a group one isn't in is none to choose", async () => {
    const physics = await putGroup(scripts.db, "physics", { ana: "member" }, { quota: { servers: 1 } });
    const maths = await putGroup(scripts.db, "maths", { ana: "member", ben: "member" }, { quota: { servers: 1 } });
    await putGroup(scripts.db, "law", { cy: "member" });
    const inGroup = (group: string) => ({ user_options: {}, group });
    expect((await scripts.start("ben")).status).toBeLessThan(300);
    expect(await scripts.start("ana", inGroup("maths"))).toMatchObject({ code: "limit-reached" });
    expect((await scripts.start("ana", inGroup("law"))).status).toBe(400);
    expect((await scripts.start("ana", inGroup("physics"))).status).toBeLessThan(300);
    expect(await scripts.start("ana", inGroup("physics"), "second")).toMatchObject({ code: "limit-reached" });
    expect(await scripts.start("ana", inGroup("maths"), "second")).toMatchObject({ code: "limit-reached" });
    for (const id of [physics, maths]) expect((await usedOfGroup(scripts.db, id)).servers).toBe(1);
  });

  test("a manager's token starts a member's server at the cost of its group, within it and the member's limits", async () => {
    await scripts.people("di", "ed", "prof");
    const members = { di: "member", ed: "member", prof: "manager" } as const;
    const id = await putGroup(scripts.db, "physics", members, { quota: { servers: 2 } });
    await putGroup(scripts.db, "maths", { di: "member" });
    await limitMembers(id, { servers: 1, cpuLimitMillicores: 2000 });
    await scripts.asManager("prof", "physics");
    const startFor = (who: string, body: object = {}, server = "server") =>
      scripts.ask("prof", "POST", `${who}/${server}`, body);
    expect(await startFor("di", { profile: "gpu" })).toMatchObject({ status: 400, code: "limit-reached" });
    expect((await startFor("di", { user_options: {}, group: "maths" })).status).toBe(400);
    expect((await startFor("di")).status).toBeLessThan(300);
    expect(await startFor("di", {}, "servers/second")).toMatchObject({ status: 400, code: "limit-reached" });
    expect((await startFor("ed")).status).toBeLessThan(300);
    expect((await usedOfGroup(scripts.db, id)).servers).toBe(2);
  });
});
