import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { groups } from "#db/schema/groups.ts";
import { findUserByName } from "#db/users.ts";
import { rightsOf } from "#server/auth/rights.ts";
import { isHubError } from "#server/errors.ts";
import { addMembers } from "#server/groups/add-members.ts";
import { applyMembersCsv } from "#server/groups/apply-csv.ts";
import { createGroup } from "#server/groups/create.ts";
import { deleteGroup } from "#server/groups/delete.ts";
import { listDeletedGroups } from "#server/groups/list.ts";
import { previewMembersCsv } from "#server/groups/preview-csv.ts";
import { removeMembers } from "#server/groups/remove-members.ts";
import { renameGroup } from "#server/groups/rename.ts";
import { setRole } from "#server/groups/set-role.ts";
import { undoDelete } from "#server/groups/undo-delete.ts";
import { type FreshDatabase, freshDatabase } from "#tests/database.ts";
import { asUser, makeUser, type TestContext, testContext } from "#tests/verb-context.ts";

/** Roles as a file may have them: some come with a group, some give a part of what admins may, some go beyond what admins have. */
const loadRoles = {
  operators: { scopes: ["admin:servers", "admin:users!user"], groups: ["ops"] },
  readers: { scopes: ["read:servers!group=lab"], groups: ["club"] },
  "group-admins": { scopes: ["admin:groups"], users: ["greta"] },
  "ops-keepers": { scopes: ["admin:groups!group=ops"], users: ["otto"] },
  inspectors: { scopes: ["access:servers!group=lab"], groups: ["club"] },
  "lab-guides": { scopes: ["access:servers!group=lab"], users: ["root"] },
  "group-manager": { scopes: ["groups!group", "servers!group", "access:servers!group"] },
};
const people = ["root", "greta", "otto", "mia", "ana"] as const;
const names = ["ops", "lab", "club", "new"] as const;

let database: FreshDatabase;
let ctx: TestContext;
beforeAll(async () => {
  database = await freshDatabase();
  ctx = testContext(database.db, { hub: { loadRoles } });
  for (const name of people) await makeUser(ctx, name, { admin: name === "root" });
});
afterAll(() => database.drop());

async function rights(name: string): Promise<ReadonlySet<string>> {
  const user = await findUserByName(ctx.db, name);
  if (user === undefined) throw new Error(`${name} is gone`);
  return await rightsOf(ctx.db, ctx.config.hub.loadRoles, user);
}

async function as(name: string): Promise<TestContext> {
  const user = await findUserByName(ctx.db, name);
  if (user === undefined) throw new Error(`${name} is gone`);
  const base = asUser(ctx, user);
  if (base.actor.kind !== "user") throw new Error("a user is a user");
  return { ...base, actor: { ...base.actor, scopes: await rightsOf(ctx.db, ctx.config.hub.loadRoles, user) } };
}

type Step = {
  readonly kind: (typeof kinds)[number];
  readonly group: string;
  readonly other: string;
  readonly user: string;
  readonly role: "member" | "manager";
};
const kinds = ["create", "rename", "add", "remove", "role", "csv", "delete", "undo"] as const;
const step: fc.Arbitrary<Step> = fc.record({
  kind: fc.constantFrom(...kinds),
  group: fc.constantFrom(...names),
  other: fc.constantFrom(...names),
  user: fc.constantFrom(...people),
  role: fc.constantFrom("member", "manager"),
});

async function take(actor: TestContext, { kind, group, other, user, role }: Step): Promise<void> {
  switch (kind) {
    case "create":
      return void (await createGroup(actor, { name: group }));
    case "rename":
      return void (await renameGroup(actor, { group, name: other }));
    case "add":
      return void (await addMembers(actor, { group, users: [user] }));
    case "remove":
      return void (await removeMembers(actor, { group, users: [user] }));
    case "role":
      return void (await setRole(actor, { group, user, role }));
    case "csv": {
      const file = { group, text: `user,role\n${user},${role}\n` };
      const { token } = await previewMembersCsv(actor, file);
      return void (await applyMembersCsv(actor, { ...file, token: token ?? "none" }));
    }
    case "delete":
      return void (await deleteGroup(actor, { group }));
    case "undo": {
      const [deleted] = (await listDeletedGroups(actor, { search: group })).items;
      if (deleted !== undefined) await undoDelete(actor, { id: deleted.id });
    }
  }
}

const placed = fc.array(
  fc.record({
    user: fc.constantFrom(...people),
    group: fc.constantFrom(...names),
    role: fc.constantFrom("member" as const, "manager" as const),
  }),
  { maxLength: 6 },
);

/** What was there before: who is in which group. */
async function setUp(
  existing: readonly string[],
  members: readonly { user: string; group: string; role: "member" | "manager" }[],
) {
  await ctx.db.delete(groups);
  for (const name of existing) await createGroup(ctx, { name });
  for (const { user, group, role } of members) {
    if (!existing.includes(group)) continue;
    await addMembers(ctx, { group, users: [user] });
    await setRole(ctx, { group, user, role });
  }
}

type Way = [(typeof people)[number], (typeof names)[number][], Parameters<typeof setUp>[1][number][], Step[]];
const stepOf = (kind: Step["kind"], group: string, user: string, more: Partial<Step> = {}): Step => ({
  ...{ kind, group, other: group, user, role: "member" },
  ...more,
});
/** Those somebody would try first; chance may take long to find them. */
const ways: Way[] = [
  [
    "greta",
    ["new"],
    [{ user: "greta", group: "new", role: "member" }],
    [stepOf("rename", "new", "greta", { other: "ops" })],
  ],
  [
    "greta",
    ["ops"],
    [{ user: "greta", group: "ops", role: "manager" }],
    [stepOf("delete", "ops", "greta"), stepOf("undo", "ops", "greta")],
  ],
  ["greta", [], [], [stepOf("create", "club", "greta"), stepOf("csv", "club", "greta", { role: "manager" })]],
  ["otto", ["ops"], [], [stepOf("add", "ops", "otto")]],
  ["root", ["lab"], [], [stepOf("add", "lab", "root"), stepOf("role", "lab", "root", { role: "manager" })]],
  [
    "root",
    ["new"],
    [{ user: "root", group: "new", role: "manager" }],
    [stepOf("rename", "new", "root", { other: "ops" }), stepOf("create", "new", "root")],
  ],
  [
    "root",
    ["new"],
    [{ user: "root", group: "new", role: "member" }],
    [stepOf("rename", "new", "root", { other: "club" })],
  ],
  [
    "root",
    ["new"],
    [{ user: "ana", group: "new", role: "member" }],
    [stepOf("rename", "new", "root", { other: "lab" })],
  ],
];

const covered = (held: ReadonlySet<string>, scope: string) => held.has(scope) || held.has(scope.split("!", 1)[0] ?? "");

/**
 * A right over a group is one over those in it, whatever the group is called: after a rename it bears the other name. What a role of the
 * file gives by that other name reached nobody before.
 */
function renamed(held: ReadonlySet<string>, from: string, to: string): ReadonlySet<string> {
  const kept = [...held].filter((scope) => !scope.endsWith(`!group=${to}`));
  return new Set(kept.map((scope) => (scope.endsWith(`!group=${from}`) ? scope.replace(/[^=]*$/, to) : scope)));
}

/** Takes the step; false when it was refused. */
async function taken(caller: string, one: Step): Promise<boolean> {
  try {
    await take(await as(caller), one);
    return true;
  } catch (error) {
    if (!isHubError(error)) throw error;
    return false;
  }
}

test("S-30: whatever roles the file gives, no sequence of calls about groups widens the caller's own rights", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...people),
      fc.subarray([...names], { minLength: 1 }),
      placed,
      fc.array(step, { minLength: 1, maxLength: 8 }),
      async (caller, existing, members, steps) => {
        await setUp(existing, members);
        let held = await rights(caller);
        for (const one of steps) {
          const done = await taken(caller, one);
          const allowed =
            done && one.kind === "rename" && one.group !== one.other ? renamed(held, one.group, one.other) : held;
          held = await rights(caller);
          expect([...held].filter((scope) => !covered(allowed, scope))).toEqual([]);
        }
      },
    ),
    // A seed of its own each time; a failure prints it with the path to the shortest sequence.
    { numRuns: 150, examples: ways },
  );
});
