import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { groupMembers, groups } from "#db/schema/groups.ts";
import type { User } from "#db/users.ts";
import { currentAnnouncements } from "#server/announcements/current.ts";
import { dismissAnnouncement } from "#server/announcements/dismiss.ts";
import { saveAnnouncement } from "#server/announcements/save.ts";
import { anonymous } from "#server/auth/session.ts";
import { type FreshDatabase, freshDatabase } from "#tests/database.ts";
import { asUser, makeUser, type TestContext, testContext } from "#tests/verb-context.ts";

let database: FreshDatabase;
let ctx: TestContext;
let ana: User;
let bob: User;
beforeAll(async () => {
  database = await freshDatabase();
  ctx = testContext(database.db);
  [ana, bob] = [await makeUser(ctx, "ana"), await makeUser(ctx, "bob")];
  const [physics] = await ctx.db.insert(groups).values({ name: "physics" }).returning();
  await ctx.db.insert(groupMembers).values({ groupId: physics?.id ?? "", userId: ana.id });
});
afterAll(() => database.drop());

const inHours = (hours: number) => new Date(ctx.clock.now().getTime() + hours * 3_600_000);
const save = (message: string, more: object = {}) => saveAnnouncement(ctx, { message, startsAt: inHours(-1), ...more });
const seenBy = async (asker: TestContext) => (await currentAnnouncements(asker)).map(({ message }) => message);

describe("an announcement", () => {
  test("is seen from its beginning to its end, by everybody or by its group", async () => {
    await save("now, all");
    await save("not yet", { startsAt: inHours(1) });
    await save("over", { endsAt: inHours(-0.5) });
    await save("physics only", { group: "physics", severity: "warning" });
    expect(await seenBy(asUser(ctx, ana))).toEqual(["physics only", "now, all"]);
    expect(await seenBy(asUser(ctx, bob))).toEqual(["now, all"]);
    expect(await seenBy({ ...ctx, actor: anonymous })).toEqual(["now, all"]);
  });

  test("that somebody has dismissed stays for the others", async () => {
    const { id } = await save("read me");
    await dismissAnnouncement(asUser(ctx, ana), { id });
    await dismissAnnouncement(asUser(ctx, ana), { id });
    expect(await seenBy(asUser(ctx, ana))).not.toContain("read me");
    expect(await seenBy(asUser(ctx, bob))).toContain("read me");
  });

  test("that must be seen can't be dismissed", async () => {
    const { id } = await save("stay", { dismissible: false });
    await expect(dismissAnnouncement(asUser(ctx, bob), { id })).rejects.toMatchObject({ code: "conflict" });
  });

  test.each([
    [{ message: "  " }, "Write what there is to say"],
    [{ message: "x".repeat(1001) }, "At most 1,000 characters"],
    [{ endsAt: inEarlier() }, "The end must come after the beginning"],
    [{ group: "nobody" }, "no group called"],
  ])("with %o is refused with the field", async (wrong, why) => {
    await expect(saveAnnouncement(ctx, { message: "x", startsAt: inHours(0), ...wrong })).rejects.toThrow(why);
  });
});

function inEarlier(): Date {
  return new Date("2020-01-01T00:00:00Z");
}
