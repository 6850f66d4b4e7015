import { beforeEach, describe, expect, test } from "vitest";
import { users } from "#db/schema/people.ts";
import type { User } from "#db/users.ts";
import { addMembers } from "#server/groups/add-members.ts";
import { applyMembersCsv } from "#server/groups/apply-csv.ts";
import { createGroup } from "#server/groups/create.ts";
import { exportMembersCsv } from "#server/groups/export-csv.ts";
import { listMembers } from "#server/groups/members.ts";
import { previewMembersCsv } from "#server/groups/preview-csv.ts";
import { removeMembers } from "#server/groups/remove-members.ts";
import { setRole } from "#server/groups/set-role.ts";
import { type FreshDatabase, freshDatabase } from "#tests/database.ts";
import { allRows } from "#tests/fakes/rows.ts";
import { asUser, auditOf, makeUser, type TestContext, testContext } from "#tests/verb-context.ts";

let database: FreshDatabase;
let ctx: TestContext;
let mia: User;
const group = "physics";

beforeEach(async () => {
  database = await freshDatabase();
  ctx = testContext(database.db);
  await createGroup(ctx, { name: group });
  for (const name of ["ana", "bob", "cy", "=sum(a1)"]) await makeUser(ctx, name);
  mia = await makeUser(ctx, "mia");
  await addMembers(ctx, { group, users: ["mia", "ana", "=sum(a1)"] });
  await setRole(ctx, { group, user: "mia", role: "manager" });
  return () => database.drop();
});

const manager = () => asUser(ctx, mia, undefined, [{ group, role: "manager" }]);
const members = async () => (await listMembers(ctx, { group })).items.map(({ name, role }) => `${name}: ${role}`);

describe("a file of members", () => {
  test("leaves as it comes back, and no name in it is a formula", async () => {
    const { text, fileName } = await exportMembersCsv(manager(), { group });
    expect(fileName).toBe("physics.csv");
    expect(text).toBe("user,role\r\n'=sum(a1),member\r\nana,member\r\nmia,manager\r\n");
    const preview = await previewMembersCsv(manager(), { group, text, mode: "exact" });
    expect(preview).toMatchObject({ changes: [], unchanged: 3, problems: [], message: null });
  });

  test("is shown line by line, changes nothing until it is applied, and then exactly that", async () => {
    const text = "user,role\nbob,\nana,manager\nmia,manager\n";
    const before = await allRows(ctx.db);
    const preview = await previewMembersCsv(ctx, { group, text, mode: "exact" });
    expect(preview.changes).toEqual([
      { line: 2, user: "bob", kind: "add" },
      { line: 3, user: "ana", kind: "make-manager" },
      { line: null, user: "=sum(a1)", kind: "remove" },
    ]);
    expect(await allRows(ctx.db)).toEqual(before);
    const token = preview.token ?? "";
    expect(await applyMembersCsv(ctx, { group, text, mode: "exact", token })).toEqual({
      added: 1,
      removed: 1,
      roles: 1,
    });
    expect(await members()).toEqual(["ana: manager", "bob: member", "mia: manager"]);
    expect((await auditOf(ctx.db)).at(-1)).toMatchObject({
      action: "group.apply-csv",
      detail: { changes: ["add bob", "make-manager ana", "remove =sum(a1)"] },
    });
  });

  test("is refused when members, file or mode are others than the preview's", async () => {
    const text = "user\nbob\n";
    const { token } = await previewMembersCsv(manager(), { group, text });
    const attempt = (more: object) => applyMembersCsv(manager(), { group, text, token: token ?? "", ...more });
    const stale = { code: "conflict", message: expect.stringContaining("Look at the new preview") };
    await expect(attempt({ text: "user\ncy\n" })).rejects.toMatchObject(stale);
    await expect(attempt({ mode: "exact", text: "user\nbob\nmia\n" })).rejects.toMatchObject(stale);
    await removeMembers(manager(), { group, users: ["ana"] });
    await expect(attempt({})).rejects.toMatchObject(stale);
    await addMembers(manager(), { group, users: ["ana"] });
    expect(await attempt({})).toEqual({ added: 1, removed: 0, roles: 0 });
    await expect(attempt({})).rejects.toMatchObject(stale);
  });

  test("of a manager names no managers", async () => {
    const text = "user,role\nana,manager\n";
    const preview = await previewMembersCsv(manager(), { group, text });
    expect(preview).toMatchObject({
      token: null,
      problems: [{ line: 2, message: expect.stringContaining("Only an admin") }],
    });
    const { token } = await previewMembersCsv(ctx, { group, text });
    await expect(applyMembersCsv(manager(), { group, text, token: token ?? "" })).rejects.toMatchObject({
      code: "invalid",
      message: expect.stringContaining("line 2"),
    });
  });
});

test("ten thousand lines with mistakes in three: one message with the three lines, and nothing is changed", async () => {
  const names = Array.from({ length: 10_000 }, (_, at) => `student${at}`);
  await ctx.db.insert(users).values(names.map((name) => ({ name })));
  const lines = ["user,role", ...names.map((name) => `${name},member`)];
  lines[17] = "student16,boss";
  lines[5000] = "student4999,member,extra";
  lines[9999] = "nobody,member";
  const text = lines.join("\r\n");
  const before = await allRows(ctx.db);
  const preview = await previewMembersCsv(ctx, { group, text });
  expect(preview.problems.map(({ line }) => line)).toEqual([18, 5001, 10_000]);
  expect(preview).toMatchObject({ token: null });
  const message =
    "Nothing was changed, because 3 lines can't be used. line 18: A role is “member” or “manager”, not “boss”. line 5001: It has 3 fields, the heading has 2. line 10000: There is no user called “nobody”.";
  expect(preview.message).toBe(message);
  await expect(applyMembersCsv(ctx, { group, text, token: "x" })).rejects.toMatchObject({ code: "invalid", message });
  expect(await allRows(ctx.db)).toEqual(before);

  const good = ["user,role", ...names.map((name) => `${name},member`)].join("\n");
  const { token } = await previewMembersCsv(ctx, { group, text: good });
  expect(await applyMembersCsv(ctx, { group, text: good, token: token ?? "" })).toMatchObject({ added: 10_000 });
});
