import { eq } from "drizzle-orm";
import { beforeEach, describe, expect, test } from "vitest";
import { groupMembers, groups } from "#db/schema/groups.ts";
import { homes } from "#db/schema/homes.ts";
import { tokens, users } from "#db/schema/people.ts";
import { servers } from "#db/schema/servers.ts";
import { findUserByName, groupNamesOf, type User } from "#db/users.ts";
import { rightsOf } from "#server/auth/rights.ts";
import { addMembers } from "#server/groups/add-members.ts";
import { askGroup } from "#server/groups/ask.ts";
import { createGroup } from "#server/groups/create.ts";
import { decideRequest } from "#server/groups/decide.ts";
import { deleteGroup } from "#server/groups/delete.ts";
import { previewDeletion } from "#server/groups/deletion-preview.ts";
import { getGroup } from "#server/groups/get.ts";
import { listDeletedGroups, listGroups } from "#server/groups/list.ts";
import { listMembers } from "#server/groups/members.ts";
import { myGroups } from "#server/groups/mine.ts";
import { groupProfiles } from "#server/groups/profiles.ts";
import { purgeDeletedGroups } from "#server/groups/purge.ts";
import { removeMembers } from "#server/groups/remove-members.ts";
import { renameGroup } from "#server/groups/rename.ts";
import { listGroupRequests } from "#server/groups/requests.ts";
import { setRole } from "#server/groups/set-role.ts";
import { undoDelete } from "#server/groups/undo-delete.ts";
import type { KeptHome } from "#server/spawner/spawner.ts";
import { createToken } from "#server/tokens/create.ts";
import { type FreshDatabase, freshDatabase } from "#tests/database.ts";
import { asUser, auditOf, makeUser, streamOf, type TestContext, testContext } from "#tests/verb-context.ts";

let database: FreshDatabase;
let ctx: TestContext;
const role = (scopes: string[], ...groupNames: string[]) => ({ scopes, groups: groupNames });
const config = {
  hub: {
    loadRoles: {
      operators: role(["admin:servers"], "ops"),
      "group-admins": { scopes: ["admin:groups"], users: ["greta"] },
    },
  },
  singleuser: {
    profileList: [
      { display_name: "Plain" },
      { display_name: "GPU", allowed_groups: ["physics"] },
      { display_name: "Staff", allowed_groups: ["staff"] },
    ],
  },
};

beforeEach(async () => {
  database = await freshDatabase();
  ctx = testContext(database.db, config);
  return () => database.drop();
});

/** Somebody as the hub sees them at this moment. */
async function as(name: string): Promise<TestContext> {
  const user = await person(name);
  const scopes = await rightsOf(ctx.db, ctx.config.hub.loadRoles, user);
  const base = asUser(ctx, user);
  if (base.actor.kind !== "user") throw new Error("a user is a user");
  return { ...base, actor: { ...base.actor, scopes } };
}

async function person(name: string): Promise<User> {
  return (await findUserByName(ctx.db, name)) ?? (await makeUser(ctx, name, { admin: name === "root" }));
}

/** A group of these people; the first is its manager. */
async function makeGroup(name: string, ...people: string[]): Promise<string> {
  const { id } = await createGroup(ctx, { name });
  for (const one of people) await person(one);
  if (people.length > 0) await addMembers(ctx, { group: name, users: people });
  if (people[0] !== undefined) await setRole(ctx, { group: name, user: people[0], role: "manager" });
  return id;
}

async function makeServer(user: User, name: string, groupId: string | null, running = true): Promise<string> {
  const [row] = await ctx.db
    .insert(servers)
    .values({
      userId: user.id,
      name,
      groupId,
      namespace: "ns",
      objectName: `o-${user.name}-${name}`,
      originLabel: user.name,
      desired: running ? "running" : "stopped",
      phase: running ? "ready" : "stopped",
      generation: 1,
      phaseGeneration: 1,
    })
    .returning();
  return row?.id ?? "";
}

const membersOf = async (group: string) =>
  (await listMembers(ctx, { group })).items.map((member) => `${member.name}: ${member.role}`);

describe("a group's name", () => {
  test.each([
    ["a/b", /only letters, digits, spaces.*not “\/”/],
    ["", /can't be empty/],
    ["x".repeat(64), /at most 63/],
    ["a\u202eb", /invisible/],
    ["a\nb", /invisible/],
    ["-a", /starts and ends/],
    ["..", /starts and ends/],
    ['"><img src=x onerror=__xss()>', /only letters/],
    ["a!group=b", /only letters/],
  ])("%j is refused in one sentence that names the field, and changes nothing", async (name, message) => {
    const error = await createGroup(ctx, { name }).catch((refused: unknown) => refused);
    expect(error).toMatchObject({ issues: [{ path: ["name"], message: expect.stringMatching(message) }] });
    expect(await ctx.db.select().from(groups)).toEqual([]);
    expect(await auditOf(ctx.db)).toEqual([]);
  });

  test("keeps its case and its letters, and is unlike every other one", async () => {
    expect((await createGroup(ctx, { name: "  Bio  Physik Üb-1.a_b " })).name).toBe("Bio Physik Üb-1.a_b");
    await expect(createGroup(ctx, { name: "bio physik üb-1.a_b" })).rejects.toMatchObject({ code: "conflict" });
  });
});

describe("members", () => {
  test("are added and removed all or none, and only changes are put on record", async () => {
    await makeGroup("physics", "mia");
    for (const name of ["ana", "bob"]) await person(name);
    expect(await addMembers(ctx, { group: "physics", users: ["ana", " BOB ", "mia"] })).toEqual({ added: 2 });
    expect(await membersOf("physics")).toEqual(["ana: member", "bob: member", "mia: manager"]);
    const before = await auditOf(ctx.db);
    expect(await addMembers(ctx, { group: "physics", users: ["ana"] })).toEqual({ added: 0 });
    await expect(addMembers(ctx, { group: "physics", users: ["root", "nobody", "no one"] })).rejects.toMatchObject({
      code: "not-found",
      message: expect.stringContaining("“nobody”"),
    });
    await expect(addMembers(ctx, { group: "maths", users: ["ana"] })).rejects.toMatchObject({ code: "not-found" });
    expect(await auditOf(ctx.db)).toEqual(before);
    expect(await removeMembers(ctx, { group: "physics", users: ["ana", "nobody"] })).toEqual({ removed: 1 });
    expect(await membersOf("physics")).toEqual(["bob: member", "mia: manager"]);
  });

  test("of an identity provider's group are read-only, with a reason; its managers are named here", async () => {
    const [row] = await ctx.db.insert(groups).values({ name: "/campus/lab", managed: true }).returning();
    const ana = await person("ana");
    await ctx.db.insert(groupMembers).values({ groupId: row?.id ?? "", userId: ana.id });
    const group = "/campus/lab";
    for (const change of [addMembers, removeMembers])
      await expect(change(ctx, { group, users: ["ana"] })).rejects.toMatchObject({
        code: "conflict",
        message: expect.stringContaining("comes from the identity provider"),
      });
    await expect(renameGroup(ctx, { group, name: "lab" })).rejects.toMatchObject({ code: "conflict" });
    await setRole(ctx, { group, user: "ana", role: "manager" });
    expect((await as("ana")).actor.scopes).toContain("servers!group=/campus/lab");
  });

  test("a page shows their servers and homes of this group and of none, not those of another", async () => {
    const id = await makeGroup("physics", "mia", "ana");
    const other = await makeGroup("maths", "mia", "ana");
    const ana = await person("ana");
    await makeServer(ana, "", id);
    await makeServer(ana, "second", other, false);
    await makeServer(ana, "third", null, false);
    const home = { userId: ana.id, namespace: "ns", capacityBytes: 1000 };
    await ctx.db.insert(homes).values([
      { ...home, name: "here", groupId: id, usedBytes: 10 },
      { ...home, name: "there", groupId: other },
    ]);
    const page = await listMembers(await as("mia"), { group: "physics", search: "AN" });
    expect(page).toMatchObject({ total: 1, items: [{ name: "ana", homes: [{ name: "here", usedBytes: 10 }] }] });
    expect(page.items[0]?.servers.map(({ name, phase, countsHere }) => [name, phase, countsHere])).toEqual([
      ["", "ready", true],
      ["third", "stopped", false],
    ]);
  });
});

describe("S-30: nobody widens their own rights", () => {
  test("a manager changes members of their own group, names no manager, and reaches no other group", async () => {
    await makeGroup("physics", "mia", "ana");
    await makeGroup("maths", "max");
    await person("bob");
    const mia = await as("mia");
    await addMembers(mia, { group: "physics", users: ["bob"] });
    const refused = [
      () => setRole(mia, { group: "physics", user: "ana", role: "manager" }),
      () => setRole(mia, { group: "physics", user: "mia", role: "member" }),
      () => removeMembers(mia, { group: "physics", users: ["mia"] }),
      () => addMembers(mia, { group: "maths", users: ["mia"] }),
      () => removeMembers(mia, { group: "maths", users: ["max"] }),
      () => setRole(mia, { group: "maths", user: "mia", role: "manager" }),
      () => createGroup(mia, { name: "mine" }),
      () => renameGroup(mia, { group: "physics", name: "ops" }),
      () => deleteGroup(mia, { group: "physics" }),
      () => getGroup(mia, { group: "maths" }),
      () => listMembers(mia, { group: "maths" }),
      () => listGroupRequests(mia, { group: "maths" }),
    ];
    for (const verb of refused) await expect(verb()).rejects.toMatchObject({ code: "forbidden" });
    expect(await membersOf("maths")).toEqual(["max: manager"]);
  });

  test("a manager brings no admin under them", async () => {
    await makeGroup("physics", "mia");
    await person("root");
    await expect(addMembers(await as("mia"), { group: "physics", users: ["root"] })).rejects.toMatchObject({
      code: "forbidden",
      message: expect.stringContaining("is an admin"),
    });
  });

  test("a role that members of a group hold isn't had by putting oneself in, by renaming, nor by bringing a group back", async () => {
    await makeGroup("ops", "mia", "greta");
    await deleteGroup(ctx, { group: "ops" });
    const [deleted] = (await listDeletedGroups(ctx, {})).items;
    const greta = await as("greta");
    await expect(undoDelete(greta, { id: deleted?.id ?? "" })).rejects.toMatchObject({ code: "forbidden" });
    await createGroup(greta, { name: "ops" });
    await expect(addMembers(greta, { group: "ops", users: ["greta"] })).rejects.toMatchObject({ code: "forbidden" });
    await person("bob");
    await expect(addMembers(greta, { group: "ops", users: ["bob"] })).rejects.toMatchObject({
      code: "forbidden",
      message: expect.stringContaining("rights you don't have yourself"),
    });
    await createGroup(greta, { name: "own" });
    await addMembers(greta, { group: "own", users: ["greta"] });
    await expect(renameGroup(greta, { group: "own", name: "ops" })).rejects.toMatchObject({ code: "conflict" });
    await expect(setRole(greta, { group: "own", user: "greta", role: "manager" })).rejects.toMatchObject({
      code: "forbidden",
    });
    expect((await as("greta")).actor.scopes).not.toContain("admin:servers");
    // An admin may.
    await addMembers(await as("root"), { group: "ops", users: ["bob"] });
    expect((await as("bob")).actor.scopes).toContain("admin:servers");
  });
});

describe("S-31: a collection shows what one may see, totals included", () => {
  test("members see their groups, managers their members, and nobody what isn't theirs", async () => {
    await makeGroup("physics", "mia", "ana");
    await makeGroup("maths", "max", "ana");
    await makeGroup("music", "max");
    const names = async (name: string, input = {}) => {
      const page = await listGroups(await as(name), input);
      return { names: page.items.map((row) => row.name), total: page.total };
    };
    expect(await names("ana")).toEqual({ names: ["maths", "physics"], total: 2 });
    expect(await names("ana", { search: "mus" })).toEqual({ names: [], total: 0 });
    expect(await names("mia")).toEqual({ names: ["physics"], total: 1 });
    expect(await names("root", { sort: "-name", pageSize: 2 })).toEqual({ names: ["physics", "music"], total: 3 });
    expect(await names("root", { search: "M", page: 2, pageSize: 1 })).toEqual({ names: ["music"], total: 2 });
    expect(await names("root", { search: "%" })).toEqual({ names: [], total: 0 });
    await person("eve");
    await expect(names("eve")).rejects.toMatchObject({ code: "forbidden" });
    expect(await myGroups(await as("eve"))).toEqual([]);
    await expect(listMembers(await as("ana"), { group: "physics" })).rejects.toMatchObject({ code: "forbidden" });
    expect(await getGroup(await as("ana"), { group: "physics" })).toMatchObject({
      members: 2,
      managers: ["mia"],
      may: { seeMembers: false, changeMembers: false, administer: false },
    });
    expect((await getGroup(await as("mia"), { group: "physics" })).may).toMatchObject({ changeMembers: true });
  });

  test("a group that isn't there and one that isn't mine are the same", async () => {
    await makeGroup("physics", "mia");
    await person("eve");
    const eve = await as("eve");
    const [there, not] = await Promise.all(
      ["physics", "nothing"].map((group) => getGroup(eve, { group }).catch((error: Error) => error.message)),
    );
    expect(there).toBe(not);
  });
});

describe("S-32: what was given by a name doesn't pass to whoever bears it next", () => {
  const tokenFor = async (group: string) => {
    await person("root");
    const made = await createToken(await as("root"), { user: "root", scopes: [`read:servers!group=${group}`] });
    return made.row.id;
  };
  const revoked = async (id: string) => {
    const [row] = await ctx.db.select().from(tokens).where(eq(tokens.id, id));
    return row?.revokedAt !== null;
  };

  test("renaming a group ends the tokens that name it or its new name, and no others", async () => {
    await makeGroup("physics", "mia", "ana");
    const ids = [await tokenFor("physics"), await tokenFor("phys"), await tokenFor("astro"), await tokenFor("hysics")];
    const before = await groupNamesOf(ctx.db, [(await person("ana")).id]);
    await expect(renameGroup(ctx, { group: "physics", name: "astro" })).rejects.toMatchObject({
      code: "conflict",
      message: expect.stringContaining("singleuser.profileList"),
    });
    await makeGroup("maths", "max");
    const named = await tokenFor("maths");
    await renameGroup(ctx, { group: "maths", name: "astro" });
    expect(await Promise.all([...ids, named].map(revoked))).toEqual([false, false, true, false, true]);
    expect((await streamOf(ctx.db)).filter((record) => record.type === "token-revoked")).toHaveLength(2);
    expect(before).toEqual(await groupNamesOf(ctx.db, [(await person("ana")).id]));
    // The new group of the old name has nothing of the old one's.
    await createGroup(ctx, { name: "maths" });
    const scopes = [...(await as("max")).actor.scopes].filter((scope) => scope.includes("!group="));
    expect(scopes.every((scope) => scope.endsWith("!group=astro"))).toBe(true);
    expect(scopes).toContain("servers!group=astro");
  });

  test("deleting and making anew gives the new one neither members, managers, limits, homes nor tokens", async () => {
    const id = await makeGroup("maths", "max", "ana");
    const max = await person("max");
    await ctx.db.insert(homes).values({ userId: max.id, namespace: "ns", name: "h", capacityBytes: 1, groupId: id });
    await ctx.db.update(groups).set({ ceiling: { servers: 9 } });
    const token = await tokenFor("maths");
    await deleteGroup(ctx, { group: "maths" });
    await createGroup(ctx, { name: "maths" });
    expect(await getGroup(ctx, { group: "maths" })).toMatchObject({ members: 0, managers: [], ceiling: {} });
    expect((await previewDeletion(ctx, { group: "maths" })).homes.total).toBe(0);
    expect((await as("max")).actor.scopes).not.toContain("servers!group=maths");
    expect(await revoked(token)).toBe(true);
  });

  test("R-08: a rename and a change of members at once leave no member in another group", async () => {
    const id = await makeGroup("maths", "max");
    await person("ana");
    const results = await Promise.allSettled([
      renameGroup(ctx, { group: "maths", name: "algebra" }),
      addMembers(ctx, { group: "maths", users: ["ana"] }),
      createGroup(ctx, { name: "maths" }),
    ]);
    expect(results[0]?.status).toBe("fulfilled");
    const ana = await person("ana");
    const rows = await ctx.db.select().from(groupMembers).where(eq(groupMembers.userId, ana.id));
    const later = (await ctx.db.select().from(groups)).find((group) => group.name === "maths")?.id;
    // Either in time, into the one group there was, or into what bears the name by then: never into a row that is neither.
    expect(rows.every((row) => row.groupId === id || row.groupId === later)).toBe(true);
    expect(rows.length).toBe(results[1]?.status === "fulfilled" ? 1 : 0);
  });
});

describe("deleting a group", () => {
  test("says first what happens, stops its servers, keeps its homes, and is undone until the time is over", async () => {
    const id = await makeGroup("physics", "mia", "ana");
    const other = await makeGroup("maths", "max", "ana");
    const ana = await person("ana");
    const running = await makeServer(ana, "", id);
    const elsewhere = await makeServer(ana, "second", other);
    const home = { userId: ana.id, namespace: "ns", groupId: id };
    await ctx.db.insert(homes).values([
      { ...home, name: "a", capacityBytes: 100, usedBytes: 70 },
      { ...home, name: "b", capacityBytes: 50 },
    ]);
    expect(await previewDeletion(ctx, { group: "physics" })).toMatchObject({
      members: 2,
      runningServers: { total: 1, named: [{ ownerName: "ana", name: "", phase: "ready" }] },
      homes: { total: 2, capacityBytes: 150, usedBytes: 70, named: [{ name: "a" }, { name: "b" }] },
    });
    expect(await deleteGroup(ctx, { group: "physics" })).toMatchObject({ id, stopped: 1 });
    const rows = new Map((await ctx.db.select().from(servers)).map((row) => [row.id, row]));
    expect(rows.get(running)).toMatchObject({
      desired: "stopped",
      lastStop: { reason: "group-deleted", message: expect.stringContaining("“physics”"), by: "test" },
    });
    expect(rows.get(elsewhere)?.desired).toBe("running");
    expect((await auditOf(ctx.db)).slice(-2).map((row) => row.action)).toEqual(["group.delete", "server.stop"]);
    expect((await as("mia")).actor.scopes).not.toContain("groups!group=physics");
    expect(await groupNamesOf(ctx.db, [ana.id])).toEqual(new Map([[ana.id, ["maths"]]]));
    await expect(getGroup(ctx, { group: "physics" })).rejects.toMatchObject({ code: "not-found" });

    ctx.clock.advance(13 * 86_400);
    await purgeDeletedGroups(ctx, {});
    expect(await undoDelete(ctx, { id })).toMatchObject({ name: "physics", members: 2, managers: ["mia"] });
    expect((await as("mia")).actor.scopes).toContain("groups!group=physics");
    expect((await ctx.db.select().from(homes)).map((row) => row.groupId)).toEqual([id, id]);
  });

  test("is over after the undo time: the row goes, the homes stay as nobody's group's", async () => {
    const id = await makeGroup("physics", "mia");
    const mia = await person("mia");
    await makeServer(mia, "", id);
    await ctx.db.insert(homes).values({ userId: mia.id, namespace: "ns", name: "a", capacityBytes: 1, groupId: id });
    await deleteGroup(ctx, { group: "physics" });
    ctx.clock.advance(14 * 86_400 + 1);
    await expect(undoDelete(ctx, { id })).rejects.toMatchObject({ code: "conflict" });
    await purgeDeletedGroups(ctx, {});
    await purgeDeletedGroups(ctx, {});
    expect(await ctx.db.select().from(groups)).toEqual([]);
    expect(await ctx.db.select().from(homes)).toMatchObject([{ groupId: null, orphanedAt: expect.any(Date) }]);
    expect((await auditOf(ctx.db)).filter((row) => row.action === "group.purge")).toHaveLength(1);
    await expect(undoDelete(ctx, { id })).rejects.toMatchObject({ code: "not-found" });
  });

  test("is over only once its volumes are kept: with the cluster away it waits, without the right it says so", async () => {
    const id = await makeGroup("physics", "mia");
    const mia = await person("mia");
    const row = { userId: mia.id, namespace: "ns", capacityBytes: 1, groupId: id };
    await ctx.db.insert(homes).values([
      { ...row, name: "a", claimUid: "uid-a" },
      { ...row, name: "b" },
      { ...row, name: "gone", removedAt: ctx.clock.now() },
    ]);
    await deleteGroup(ctx, { group: "physics" });
    const asked: string[] = [];
    const spawner = {
      retainHome: async ({ name, claimUid }: KeptHome) => {
        asked.push(`${name} ${claimUid}`);
        return name === "a" ? ("retained" as const) : ("not-allowed" as const);
      },
    };
    await purgeDeletedGroups(ctx, spawner);
    expect(asked).toEqual([]);
    ctx.clock.advance(14 * 86_400 + 1);
    const away = { retainHome: () => Promise.reject(new Error("the cluster doesn't answer")) };
    await purgeDeletedGroups(ctx, away);
    expect(await ctx.db.select().from(groups)).toHaveLength(1);
    await purgeDeletedGroups(ctx, spawner);
    expect(asked.sort()).toEqual(["a uid-a", "b null"]);
    expect(await ctx.db.select().from(groups)).toEqual([]);
    const [purged] = (await auditOf(ctx.db)).filter(({ action }) => action === "group.purge");
    expect(purged?.detail).toMatchObject({ orphanedHomes: 3, volumesRetained: 1, volumesNotRetained: 1 });
  });

  test("a name taken meanwhile stands in the way of bringing it back, in a sentence", async () => {
    const id = await makeGroup("physics");
    await deleteGroup(ctx, { group: "physics" });
    await createGroup(ctx, { name: "Physics" });
    await expect(undoDelete(ctx, { id })).rejects.toMatchObject({
      code: "conflict",
      message: expect.stringContaining("“Physics”"),
    });
  });
});

describe("requests", () => {
  test("one waits at a time, its managers answer, and others never see it", async () => {
    await makeGroup("physics", "mia", "ana");
    await makeGroup("maths", "max");
    const [ana, mia, max] = [await as("ana"), await as("mia"), await as("max")];
    const asked = await askGroup(ana, { group: "physics", message: "  Two CPUs more, for my thesis  " });
    await expect(askGroup(ana, { group: "physics", message: "And a GPU" })).rejects.toMatchObject({ code: "conflict" });
    await expect(askGroup(ana, { group: "maths", message: "Let me in" })).rejects.toMatchObject({ code: "forbidden" });
    expect(await listGroupRequests(mia, { group: "physics", decision: "waiting" })).toMatchObject({
      total: 1,
      items: [{ userName: "ana", message: "Two CPUs more, for my thesis" }],
    });
    const decision = { id: asked.id, decision: "granted", answer: "You have four now." };
    for (const stranger of [max, ana])
      await expect(decideRequest(stranger, decision)).rejects.toMatchObject({ code: "not-found" });
    expect(await decideRequest(mia, decision)).toMatchObject({ decision: "granted", decidedBy: "mia" });
    await expect(decideRequest(mia, { ...decision, decision: "declined" })).rejects.toMatchObject({
      code: "conflict",
      message: expect.stringContaining("mia has answered"),
    });
    expect(await myGroups(ana)).toMatchObject([
      { group: "physics", role: "member", request: { decision: "granted", answer: "You have four now." } },
    ]);
  });

  test("a member asks a few times a day, and two at once are one", async () => {
    await makeGroup("physics", "mia", "ana");
    const [ana, mia] = [await as("ana"), await as("mia")];
    const ask = () => askGroup(ana, { group: "physics", message: "More, please" });
    const both = await Promise.allSettled([ask(), ask()]);
    expect(both.map((one) => one.status).sort()).toEqual(["fulfilled", "rejected"]);
    for (let at = 0; at < 5; at++) {
      const [waiting] = (await listGroupRequests(mia, { group: "physics", decision: "waiting" })).items;
      await decideRequest(mia, { id: waiting?.id ?? "", decision: "declined" });
      if (at < 4) await ask();
    }
    await expect(ask()).rejects.toMatchObject({ code: "rate-limited" });
    ctx.clock.advance(86_401);
    expect((await ask()).decision).toBe("waiting");
  });
});

test("the profiles a group opens", async () => {
  await makeGroup("physics", "mia");
  expect(await groupProfiles(await as("mia"), { group: "physics" })).toMatchObject([
    { slug: "plain", by: "everybody" },
    { slug: "gpu", by: "group" },
  ]);
});

test("a thousand groups and fifty thousand members: a page and a search take the database a few milliseconds", async () => {
  await ctx.db.execute("insert into groups (name) select 'course ' || n from generate_series(1, 1000) n");
  await ctx.db.execute("insert into users (name) select 'user' || n from generate_series(1, 50000) n");
  await ctx.db.execute(
    "insert into group_members (group_id, user_id) select g.id, u.id from (select id, row_number() over () n from users) u join (select id, row_number() over () n from groups) g on g.n = u.n % 1000 + 1",
  );
  await ctx.db.execute("analyze");
  const [one] = (await listGroups(ctx, { search: "course 500" })).items;
  expect(one).toMatchObject({ members: 50 });
  const timed = async (work: () => Promise<unknown>) => {
    const took: number[] = [];
    for (let round = 0; round < 5; round++) {
      const from = performance.now();
      await work();
      took.push(performance.now() - from);
    }
    return Math.min(...took);
  };
  expect(await timed(() => listGroups(ctx, { search: "99", page: 1 }))).toBeLessThan(50);
  expect(await timed(() => listGroups(ctx, { page: 20 }))).toBeLessThan(50);
  expect(await timed(() => listMembers(ctx, { group: "course 500", search: "user4" }))).toBeLessThan(50);
  expect(await ctx.db.$count(users)).toBe(50_000);
});
