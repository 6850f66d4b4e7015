import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { findServer } from "#db/servers.ts";
import { findUserByName } from "#db/users.ts";
import { addMembers } from "#server/groups/add-members.ts";
import { createGroup } from "#server/groups/create.ts";
import { deleteGroup } from "#server/groups/delete.ts";
import { removeMembers } from "#server/groups/remove-members.ts";
import { createToken } from "#server/tokens/create.ts";
import { setAdmin } from "#server/users/set-admin.ts";
import { until } from "#tests/fakes/hub-under-test.ts";
import { type Portal, startPortal } from "#tests/fakes/whole-portal.ts";

const image = {
  display_name: "Image",
  choices: {
    plain: { display_name: "Plain", default: true },
    cuda: { display_name: "CUDA", allowed_groups: ["gpu"] },
    gone: { display_name: "Gone", hidden: true, deprecated: { use: "plain" } },
  },
  unlisted_choice: { enabled: true, allowed_groups: ["gpu"], kubespawner_override: { image: "{value}" } },
};
const profileList = [
  { display_name: "GPU", slug: "gpu", default: true, allowed_groups: ["gpu"] },
  { display_name: "Large", slug: "large", denied: "Large servers are back in May." },
  { display_name: "Plain", slug: "plain", profile_options: { image } },
];

let portal: Portal;
let count = 0;
beforeAll(async () => {
  portal = await startPortal({ config: { singleuser: { profileList } } });
  const ctx = portal.hub.systemContext("test");
  await createGroup(ctx, { name: "gpu" });
  await portal.addUsers("boss");
  await setAdmin(ctx, { name: "boss", admin: true });
});
afterAll(() => portal.stop());

const system = () => portal.hub.systemContext("test");

async function somebody(inGroup = false) {
  const name = `user${++count}`;
  await portal.addUsers(name);
  if (inGroup) await addMembers(system(), { group: "gpu", users: [name] });
  const { token } = await createToken(system(), { user: name });
  return { name, cookie: await portal.signIn(name), token: { authorization: `token ${token}` } };
}

async function settled(name: string, phase: "ready" | "stopped"): Promise<void> {
  const user = await findUserByName(portal.hub.db, name);
  await until(async () => (await findServer(portal.hub.db, user?.id ?? "", ""))?.phase === phase, `${name} ${phase}`);
}

const closed: Record<string, object> = {
  "a profile by its slug": { profile: "gpu" },
  "one that is shown greyed": { profile: "large" },
  "a choice": { profile: "plain", options: { image: "cuda" } },
  "a hidden choice": { profile: "plain", options: { image: "gone" } },
  "a typed value": { profile: "plain", options: { "image--unlisted-choice": "evil/x:1" } },
};

describe("S-41: what isn't open to the user's groups", () => {
  test.each(Object.entries(closed))(
    "%s: refused over the page, a token, the preview and an admin",
    async (_what, asked) => {
      const { name, cookie, token } = await somebody();
      const admin = await portal.signIn("boss");
      const before = portal.spawner.started.length;
      const answers = [
        await portal.mutate(cookie, "servers.start", { user: name, ...asked }),
        await portal.mutateWith(token, "servers.start", { user: name, ...asked }),
        await portal.mutate(admin, "servers.start", { user: name, ...asked }),
        await portal.queryWith(token, "servers.preview", { user: name, ...asked }),
      ];
      for (const answer of answers) expect(answer).toMatchObject({ status: 403, code: "forbidden" });
      expect(portal.spawner.started).toHaveLength(before);
    },
  );

  test("a start without a word takes the first profile that is open, and says which", async () => {
    const [outside, inside] = [await somebody(), await somebody(true)];
    const started = async ({ name, cookie }: { name: string; cookie: string }) =>
      (await portal.mutate(cookie, "servers.start", { user: name })).data;
    expect(await started(outside)).toMatchObject({ profile: { slug: "plain" } });
    expect(await started(inside)).toMatchObject({ profile: { slug: "gpu" } });
  });

  test("membership lost between the page and the start, or while it runs: no start, no start again, no restart", async () => {
    const { name, cookie } = await somebody(true);
    const options = await portal.query(cookie, "servers.startOptions", { user: name });
    expect(JSON.stringify(options.data)).toContain("CUDA");
    expect(await portal.mutate(cookie, "servers.start", { user: name, profile: "gpu" })).toMatchObject({ status: 200 });
    await settled(name, "ready");
    await removeMembers(system(), { group: "gpu", users: [name] });
    const refused = { status: 403, code: "forbidden" };
    expect(await portal.mutate(cookie, "servers.restart", { user: name })).toMatchObject(refused);
    await portal.mutate(cookie, "servers.stop", { user: name });
    await settled(name, "stopped");
    expect(await portal.mutate(cookie, "servers.startAgain", { user: name })).toMatchObject(refused);
    expect(await portal.mutate(cookie, "servers.restart", { user: name })).toMatchObject(refused);
    expect(await portal.mutate(cookie, "servers.start", { user: name, profile: "gpu" })).toMatchObject(refused);
    const page = await portal.query(cookie, "servers.startOptions", { user: name });
    expect(page.data).toMatchObject({ last: null });
    expect(JSON.stringify(page.data)).not.toContain("CUDA");
  });
});

test("S-40: nothing but the profile's own choices is listened to, for members too", async () => {
  const { name, cookie } = await somebody(true);
  const odd = [
    { image: "evil" },
    { options: { kubespawner_override: "{}" } },
    { profile: "plain", options: { privileged: "true" } },
    { profile: "plain", options: { image: "__proto__" } },
    { profile: "plain", groups: ["staff"] },
  ];
  for (const asked of odd)
    expect(await portal.mutate(cookie, "servers.start", { user: name, ...asked }), JSON.stringify(asked)).toMatchObject(
      {
        status: 400,
      },
    );
});

test("a group deleted while its members start: no server is left that runs and counts against it", async () => {
  await createGroup(system(), { name: "short-lived" });
  const people = await Promise.all(Array.from({ length: 8 }, () => somebody()));
  await addMembers(system(), { group: "short-lived", users: people.map(({ name }) => name) });
  const starts = people.map(({ name, cookie }) =>
    portal.mutate(cookie, "servers.start", { user: name, profile: "plain", group: "short-lived" }),
  );
  const [{ id }, ...answers] = await Promise.all([deleteGroup(system(), { group: "short-lived" }), ...starts]);
  expect(answers.filter(({ code }) => code === "internal" || code === "unavailable")).toEqual([]);
  for (const { name } of people) {
    const user = await findUserByName(portal.hub.db, name);
    const server = await findServer(portal.hub.db, user?.id ?? "", "");
    if (server?.groupId === id) expect(server.desired).toBe("stopped");
  }
});
