import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { saveAnnouncement } from "#server/announcements/save.ts";
import { type Scope, scopeNames } from "#server/auth/scopes.ts";
import { addMembers } from "#server/groups/add-members.ts";
import { createGroup } from "#server/groups/create.ts";
import { setRole } from "#server/groups/set-role.ts";
import { setQuota } from "#server/quotas/set-quota.ts";
import { routes } from "#server/rest/routes.ts";
import { createToken } from "#server/tokens/create.ts";
import { type Portal, startPortal } from "#tests/fakes/whole-portal.ts";
import { procedures, routerProcedures } from "./procedure-table.ts";

/** Part of every name of the other group's world, and in nothing else. */
const mark = "quokka";
const theirs = { group: `${mark}-group`, user: `${mark}-ana`, server: `${mark}-lab` };

let portal: Portal;
let headersOf: ReadonlyMap<string, Record<string, string>>;
/** What each asker was told by each question while the other group's world wasn't there. */
let questions: readonly Question[];
let before: ReadonlyMap<string, ReadonlyMap<string, string>>;

const askers = ["a member", "a manager", "an admin's token for this group"] as const;
const system = () => portal.hub.systemContext("test");

/** Everything the database pages, sorts and searches by, and everything that names somebody. */
const inputs: readonly unknown[] = [
  undefined,
  {},
  { days: 7 },
  ...["group", "user", "profile"].flatMap((by) => [{ by }, { by, days: 7 }, { by, days: 7, group: theirs.group }]),
  { pageSize: 1 },
  { page: 2 },
  { sort: "-name" },
  { search: mark },
  { actor: theirs.user },
  { phase: "ready" },
  { group: theirs.group },
  { group: theirs.group, days: 7 },
  { group: theirs.group, quota: { servers: 1 } },
  { group: theirs.group, ceiling: { servers: 1 } },
  { group: theirs.group, user: theirs.user, limits: { servers: 1 } },
  { user: theirs.user },
  { name: theirs.user },
  { user: theirs.user, name: "" },
  { user: theirs.user, name: theirs.server },
  { user: theirs.user, name: "", profile: "small" },
  { id: "00000000-0000-4000-8000-000000000000" },
  // Their own world.
  ...[{ group: "chemistry" }, { group: "chemistry", days: 7 }, { by: "user", days: 7, group: "chemistry" }],
  { group: "chemistry", quota: { servers: 1 } },
  { group: "chemistry", user: "cy", limits: { servers: 1 } },
  ...[{ user: "cy" }, { name: "cy" }, { user: "cy", name: "" }, { user: "cy", name: "", profile: "small" }],
];
const queries = routerProcedures().filter(({ type }) => type === "query");

const searches = ["", "?offset=1", "?limit=1", `?name_filter=${mark}`, "?state=active", "?state=ready", "?sort=-id"];
const addresses = routes
  .filter(({ method, takes, path }) => method === "GET" && takes !== "session" && !path.endsWith("/progress"))
  .map(({ path }) =>
    path
      .replace(":user", theirs.user)
      .replace(":group", theirs.group)
      .replace(":server", theirs.server)
      .replace(":service", "none")
      .replace(":id", "0a"),
  );

/** What is another moment's and nobody's world: times, ids of requests, how long a server has run. */
function still(text: string): string {
  return text
    .replace(/\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:\d\d)/g, "(time)")
    .replace(/"request_id":"[^"]*"/g, '"request_id":""')
    .replace(/(Hours|Seconds)":[\d.e-]+/g, '$1":0')
    .replace(/,\d+\.\d{3}(?=,|\\)/g, ",0");
}

type Question = readonly [name: string, ask: (headers: Record<string, string>) => Promise<string>];

const asked: readonly Question[] = [
  ...queries.flatMap(({ path }) =>
    inputs.map(
      (input): Question => [
        `${path} ${JSON.stringify(input)}`,
        async (headers) => {
          const { status, code, message, data } = await portal.queryWith(headers, path, input);
          return still(JSON.stringify({ status, code, message, data }));
        },
      ],
    ),
  ),
  ...addresses.flatMap((address) =>
    searches.map(
      (search): Question => [
        `GET ${address}${search}`,
        async (headers) => {
          const { status, text } = await portal.ask(`/hub/api${address}${search}`, { headers });
          return still(`${status} ${text}`);
        },
      ],
    ),
  ),
];

async function everythingTold(of: readonly Question[], headers: Record<string, string>): Promise<Map<string, string>> {
  const told = new Map<string, string>();
  for (const [name, ask] of of) told.set(name, await ask(headers));
  return told;
}

/** Not an input of that query: that is said before anything is looked at, to whomever it is. */
const isNoQuestion = (answer: string | undefined) => answer?.includes('"code":"invalid"') ?? false;

async function makeGroup(group: string, manager: string, member: string, server: string): Promise<void> {
  await portal.addUsers(manager, member);
  await createGroup(system(), { name: group });
  await addMembers(system(), { group, users: [manager, member] });
  await setRole(system(), { group, user: manager, role: "manager" });
  await setQuota(system(), { group, quota: { servers: 7 } });
  await saveAnnouncement(system(), { group, message: `For ${group} alone`, startsAt: new Date(0) });
  await createToken(system(), { user: member, note: `${group}'s`, scopes: ["self"], expiresInSeconds: 3600 });
  const cookie = await portal.signIn(member);
  await portal.startServer(cookie, member);
  await portal.startServer(cookie, member, server);
  await portal.mutate(cookie, "servers.stop", { user: member, name: server });
  await portal.mutate(cookie, "groups.ask", { group, message: `More for ${group}, please` });
}

beforeAll(async () => {
  portal = await startPortal({
    config: {
      hub: { trustedUsers: true, allowNamedServers: true },
      singleuser: { profileList: [{ display_name: "Small", slug: "small", default: true }] },
    },
  });
  await portal.addAdmin("root");
  await makeGroup("chemistry", "zoe", "cy", "bench");
  const ofGroup = scopeNames
    .filter((name) => !["self", "access:servers"].includes(name))
    .map((name) => `${name}!group=chemistry` as Scope);
  const token = await createToken(system(), { user: "root", scopes: ofGroup, expiresInSeconds: 3600 });
  headersOf = new Map([
    ["a member", { cookie: await portal.signIn("cy") }],
    ["a manager", { cookie: await portal.signIn("zoe") }],
    ["an admin's token for this group", { authorization: `token ${token.token}` }],
  ]);
  const first = await everythingTold(asked, headersOf.get("a member") ?? {});
  questions = asked.filter(([name]) => !isNoQuestion(first.get(name)));
  const told = new Map<string, ReadonlyMap<string, string>>();
  for (const [asker, headers] of headersOf) told.set(asker, await everythingTold(questions, headers));
  before = told;
  await makeGroup(theirs.group, `${mark}-boss`, theirs.user, theirs.server);
});
afterAll(() => portal.stop());

describe.each(askers)("S-31: %s", (asker) => {
  test("is told by every query and every collection the same as if the other group's world weren't there", async () => {
    const [was, is] = [before.get(asker), await everythingTold(questions, headersOf.get(asker) ?? {})];
    const differ = questions.flatMap(([name]) =>
      was?.get(name) === is.get(name) ? [] : [{ name, was: was?.get(name), is: is.get(name) }],
    );
    expect(differ).toEqual([]);
  });

  test("got an answer from every query that the table of rights gives them", () => {
    const told = [...(before.get(asker) ?? [])];
    const answered = new Set(
      told.filter(([, text]) => text.startsWith('{"status":200')).map(([name]) => name.split(" ")[0] ?? ""),
    );
    const caller = {
      "a member": "owner",
      "a manager": "manager",
      "an admin's token for this group": "anonymous",
    } as const;
    const allowed = queries
      .filter(({ path }) => procedures[path]?.expected[caller[asker]] === "ok")
      .map(({ path }) => path);
    expect(allowed.filter((path) => !answered.has(path))).toEqual([]);
    expect(answered.size).toBeGreaterThan(15);
  });
});
