import { and, eq, isNull } from "drizzle-orm";
import { afterAll, beforeAll, expect, test } from "vitest";
import { groupMembers } from "#db/schema/groups.ts";
import { tokens } from "#db/schema/people.ts";
import { findServerById, listServersOf } from "#db/servers.ts";
import { findUserByName } from "#db/users.ts";
import { addMembers } from "#server/groups/add-members.ts";
import { createGroup } from "#server/groups/create.ts";
import { restartServer } from "#server/servers/restart.ts";
import { startServer } from "#server/servers/start.ts";
import { createToken } from "#server/tokens/create.ts";
import { createUser } from "#server/users/create.ts";
import { deleteUser } from "#server/users/delete.ts";
import { setDisabled } from "#server/users/set-disabled.ts";
import { addUser, type HubUnderTest, startTestHub, until } from "#tests/fakes/hub-under-test.ts";

let t: HubUnderTest;
beforeAll(async () => {
  t = await startTestHub();
});
afterAll(() => t.stop());

test("R-08, F-22: a start that meets the disabling of its user, at any moment of it, is refused or stopped: nothing is wished for afterwards", async () => {
  const ctx = t.hub.systemContext("test");
  let refused = 0;
  for (let round = 0; round < 40; round++) {
    const user = `user-${round}`;
    await addUser(t.hub, user);
    const starts = ["", "second"].map(async (name) => {
      // Later and later: from before the start's first look at the account to after its commit.
      for (let turn = 0; turn < round; turn++) await new Promise(setImmediate);
      await startServer(ctx, { user, name });
    });
    const disabled = setDisabled(ctx, { name: user, disabled: true });
    const ended = await Promise.allSettled(starts);
    await disabled;
    refused += ended.filter(({ status }) => status === "rejected").length;
    const row = await findUserByName(t.hub.db, user);
    const wished = await listServersOf(t.hub.db, row?.id ?? "");
    expect(wished.filter(({ desired }) => desired === "running")).toEqual([]);
  }
  expect(refused).toBeGreaterThan(0);
});

test("R-08: a restart that meets the disabling of its user brings nothing back", async () => {
  const ctx = t.hub.systemContext("test");
  let refused = 0;
  for (let round = 0; round < 30; round++) {
    const user = `restarter-${round}`;
    await addUser(t.hub, user);
    const { id } = await startServer(ctx, { user });
    await until(async () => (await findServerById(t.hub.db, id))?.server.phase === "ready", "a server that is ready");
    const restarted = (async () => {
      for (let turn = 0; turn < round; turn++) await new Promise(setImmediate);
      await restartServer(ctx, { user, name: "" });
    })();
    const disabled = setDisabled(ctx, { name: user, disabled: true });
    const [ended] = await Promise.allSettled([restarted]);
    await disabled;
    if (ended.status === "rejected") refused++;
    expect((await findServerById(t.hub.db, id))?.server.desired).toBe("stopped");
  }
  expect(refused).toBeGreaterThan(0);
});

test.each(["disabled", "deleted"] as const)(
  "R-08: a token and a place in a group that meet their user being %s, at any moment of it, are refused or end with the account",
  async (how) => {
    const ctx = t.hub.systemContext("test");
    const { name: group } = await createGroup(ctx, { name: how });
    let refused = 0;
    for (let round = 0; round < 50; round++) {
      const name = `meets-${how}-${round}`;
      const made = await createUser(ctx, { name, password: null });
      const given = [() => createToken(ctx, { user: name }), () => addMembers(ctx, { group, users: [name] })].map(
        async (give) => {
          for (let turn = 0; turn < round; turn++) await new Promise(setImmediate);
          await give();
        },
      );
      const gone = how === "disabled" ? setDisabled(ctx, { name, disabled: true }) : deleteUser(t.hub, ctx, { name });
      const ended = await Promise.allSettled(given);
      await gone;
      refused += ended.filter(({ status }) => status === "rejected").length;
      const { id } = made.user;
      const valid = and(eq(tokens.userId, id), isNull(tokens.revokedAt));
      expect(await t.hub.db.select().from(tokens).where(valid)).toEqual([]);
      const places = await t.hub.db.select().from(groupMembers).where(eq(groupMembers.userId, id));
      const left = await findUserByName(t.hub.db, name);
      if (how === "deleted") expect([left, places]).toEqual([undefined, []]);
      else expect(left?.disabledAt).toEqual(expect.any(Date));
    }
    expect(refused).toBeGreaterThan(0);
  },
);
