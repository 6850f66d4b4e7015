import { beforeEach, describe, expect, test } from "vitest";
import { users } from "#db/schema/people.ts";
import { findUserByName } from "#db/users.ts";
import { verifyPassword } from "#server/auth/password.ts";
import { parseCsv } from "#server/parse-csv.ts";
import { applyUsersCsv } from "#server/users/apply-csv.ts";
import { previewUsersCsv } from "#server/users/preview-csv.ts";
import { setDisabled } from "#server/users/set-disabled.ts";
import { type FreshDatabase, freshDatabase } from "#tests/database.ts";
import { allRows } from "#tests/fakes/rows.ts";
import {
  asUser,
  auditOf,
  makeUser,
  openTestSession,
  streamOf,
  type TestContext,
  testContext,
} from "#tests/verb-context.ts";

let database: FreshDatabase;
let ctx: TestContext;
let admin: TestContext;

beforeEach(async () => {
  database = await freshDatabase();
  ctx = testContext(database.db);
  admin = asUser(ctx, await makeUser(ctx, "root", { admin: true }));
  for (const name of ["ana", "bob", "cy"]) await makeUser(ctx, name);
  await setDisabled(ctx, { name: "cy", disabled: true });
  return () => database.drop();
});

const text = "user,state\nnew one,\n Ana ,disabled\nbob,active\ncy,active\n";

describe("a file of users", () => {
  test("is shown line by line, and then done: accounts made, shut out and let in, nobody else touched", async () => {
    const ana = await findUserByName(ctx.db, "ana");
    if (ana === undefined) throw new Error("the test made her");
    await openTestSession(ctx, ana);
    const before = await allRows(ctx.db);
    const preview = await previewUsersCsv(admin, { text });
    expect(preview).toMatchObject({ unchanged: 1, problems: [], message: null });
    expect(preview.changes).toEqual([
      { line: 2, user: "new one", kind: "create" },
      { line: 3, user: "ana", kind: "disable" },
      { line: 5, user: "cy", kind: "enable" },
    ]);
    expect(await allRows(ctx.db)).toEqual(before);
    const applied = await applyUsersCsv(admin, { text, token: preview.token });
    expect(applied).toMatchObject({ created: 1, disabled: 1, enabled: 1 });
    const [, row] = parseCsv(applied.passwords ?? "").rows;
    const made = await findUserByName(ctx.db, "new one");
    expect(await verifyPassword(made?.passwordHash ?? null, row?.cells[1] ?? "")).toBe(true);
    expect(JSON.stringify(await auditOf(ctx.db))).not.toContain(row?.cells[1]);
    const states = (await ctx.db.select().from(users)).map((user) => `${user.name}: ${user.disabledAt !== null}`);
    expect(states.sort()).toEqual(["ana: true", "bob: false", "cy: false", "new one: false", "root: false"]);
    expect((await streamOf(ctx.db)).map((record) => record.type)).toContain("session-revoked");
    expect(ctx.stopped).toContain("ana: disabled");
    await expect(applyUsersCsv(admin, { text, token: preview.token })).rejects.toMatchObject({ code: "conflict" });
  });

  test("is refused when one of its users changed since the preview", async () => {
    const { token } = await previewUsersCsv(admin, { text });
    await setDisabled(ctx, { name: "bob", disabled: true });
    const before = await allRows(ctx.db);
    await expect(applyUsersCsv(admin, { text, token })).rejects.toMatchObject({ code: "conflict" });
    expect(await allRows(ctx.db)).toEqual(before);
  });

  test("names every line that can't be used in one message, and changes nothing", async () => {
    const wrong = "user,state\nnobody,disabled\nroot,disabled\n..,\nana,gone\nbob,\nBOB,\n";
    const before = await allRows(ctx.db);
    const message =
      "Nothing was changed, because 5 lines can't be used. line 2: There is no user called “nobody” to disable. line 3: You can't disable your own account. line 4: A user name can't be “.” or “..”, and between slashes there must be a name. line 5: A state is “active” or “disabled”, not “gone”. line 7: “bob” is in line 6 already.";
    expect(await previewUsersCsv(admin, { text: wrong })).toMatchObject({ token: null, message });
    await expect(applyUsersCsv(admin, { text: wrong, token: "x" })).rejects.toMatchObject({ code: "invalid", message });
    expect(await allRows(ctx.db)).toEqual(before);
  });

  test("makes a limited number of accounts, and says where to cut it", async () => {
    const many = ["user", ...Array.from({ length: 501 }, (_, at) => `student${at}`)].join("\n");
    expect((await previewUsersCsv(admin, { text: many })).problems).toEqual([
      { line: 502, message: expect.stringContaining("at most 500") },
    ]);
  });
});
