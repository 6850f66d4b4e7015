import { sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { type Called, Line, send } from "#tests/fakes/portal-client.ts";
import { allRows } from "#tests/fakes/rows.ts";
import { type Portal, startPortal } from "#tests/fakes/whole-portal.ts";
import { type People, peopleMaker } from "./people-of-a-call.ts";
import { callers, type Procedure, procedures, routerProcedures } from "./procedure-table.ts";

let portal: Portal;
let people: () => Promise<People>;

beforeAll(async () => {
  portal = await startPortal({
    config: {
      hub: { trustedUsers: true },
      singleuser: { profileList: [{ display_name: "Small", slug: "small", default: true }] },
    },
  });
  people = await peopleMaker(portal);
});
afterAll(() => portal.stop());

const typeOf = new Map(routerProcedures().map(({ path, type }) => [path, type]));

async function call(path: string, headers: Record<string, string>, input: unknown): Promise<Called> {
  if (typeOf.get(path) === "mutation") return await portal.mutateWith(headers, path, input);
  return await portal.queryWith(headers, path, input);
}

async function lastAuditId(): Promise<unknown> {
  const found = await portal.hub.db.execute<{ id: unknown }>(sql`select max(id) as id from audit`);
  return found.rows[0]?.id ?? 0;
}

async function auditActionsAfter(id: unknown): Promise<string[]> {
  const found = await portal.hub.db.execute<{ action: string }>(
    sql`select action from audit where id > ${id} order by id`,
  );
  return found.rows.map((row) => row.action);
}

test("the table names every procedure of the router and no other", () => {
  expect(Object.keys(procedures).sort()).toEqual([...typeOf.keys()].sort());
});

describe.each(Object.entries(procedures))("%s", (path, procedure: Procedure) => {
  const prepared = async () => {
    const world = await people();
    return { world, input: await procedure.prepare(world) };
  };
  // What only reads leaves its world as it was.
  let shared: ReturnType<typeof prepared> | undefined;
  const ready = async () => {
    if (typeOf.get(path) === "mutation") return await prepared();
    shared ??= prepared();
    return await shared;
  };

  test.each(callers)(
    "called by %s, does what the table says and puts exactly that on record (S-93)",
    async (caller) => {
      const { world, input } = await ready();
      const before = await lastAuditId();
      const expected = procedure.expected[caller];
      const called = await call(path, world.headers[caller], input);
      expect(called.code ?? "ok", called.message).toBe(expected);
      const isChange = typeOf.get(path) === "mutation" && expected === "ok";
      expect(await auditActionsAfter(before)).toEqual(isChange ? procedure.audit : []);
    },
  );
});

const mutations = Object.entries(procedures).filter(([path]) => typeOf.get(path) === "mutation");
const changing = mutations.filter(([, { onlyReads }]) => onlyReads !== true);
const reading = mutations.filter(([, { onlyReads }]) => onlyReads === true);

test.each(reading)("%s, a mutation for the length of its input, writes nothing", async (path, procedure) => {
  const world = await people();
  const input = await procedure.prepare(world);
  const before = await allRows(portal.hub.db);
  expect(await call(path, world.headers.admin, input)).toMatchObject({ status: 200 });
  expect(await allRows(portal.hub.db)).toEqual(before);
});

describe("S-93: what can't be put on record doesn't happen", () => {
  test.each(changing)("%s", async (path, procedure: Procedure) => {
    const world = await people();
    const input = await procedure.prepare(world);
    const allowed = callers.find((caller) => procedure.expected[caller] === "ok");
    const { db } = portal.hub;
    await db.execute(
      sql`create function refuse() returns trigger language plpgsql as $$ begin raise exception 'audit is full'; end $$`,
    );
    onTestFinished(async () => void (await db.execute(sql`drop function refuse cascade`)));
    await db.execute(sql`create trigger refuse before insert on audit for each row execute function refuse()`);
    const before = await allRows(db);
    const called = await call(path, world.headers[allowed ?? "admin"], input);
    expect(called).toMatchObject({ status: 500, code: "internal" });
    expect(called.message).not.toContain("audit");
    expect(await allRows(db)).toEqual(before);
  });
});

const origins = () => [portal.url.origin, "null", "http://ana.users.localhost", "https://evil.example", null];
const sites = ["same-origin", "same-site", "cross-site", "none", null];
const fetchModes = ["no-cors", "cors", "navigate", "same-origin", "websocket", null];
const methods = ["POST", "PUT", "PATCH", "DELETE"];
const contentTypes: Record<string, string> = {
  "application/json": "{}",
  "application/x-www-form-urlencoded": "input=%7B%7D",
  "multipart/form-data; boundary=x": '--x\r\nContent-Disposition: form-data; name="input"\r\n\r\n{}\r\n--x--\r\n',
  "text/plain": "{}",
  "": "",
};

type Attempt = { method: string; contentType: string; origin: string | null; site: string | null; mode: string | null };

/** Each mutation is asked every eighth of the long matrix, the next one the next eighth. */
const shares = 8;

/** Every pair of origin and site, and of every method, type and mode from the origins an attacker has this mutation's share. */
function attempts(share: number): Attempt[] {
  const all: Attempt[] = [];
  const long: Attempt[] = [];
  const plain = { method: "POST", contentType: "application/json", mode: "cors" };
  for (const origin of origins()) for (const site of sites) all.push({ ...plain, origin, site });
  for (const method of methods)
    for (const contentType of Object.keys(contentTypes))
      for (const mode of fetchModes)
        for (const [origin, site] of [
          [null, "same-origin"],
          ["http://ana.users.localhost", "same-site"],
        ] as const)
          long.push({ method, contentType, mode, origin, site });
  return [...all, ...long.filter((_, index) => index % shares === share % shares)];
}

describe("S-07: with a cookie, only a page of the portal itself changes anything", () => {
  test.each(mutations.map((entry, index) => [...entry, index] as const))("%s", async (path, procedure, index) => {
    const world = await people();
    const input = JSON.stringify({ json: await procedure.prepare(world) });
    const { cookie = "" } = world.headers.admin;
    const before = await allRows(portal.hub.db);
    const wrong: string[] = [];
    const sendOne = async ({ method, contentType, origin, site, mode }: Attempt) => {
      const ours = origin === portal.url.origin && (site === "same-origin" || site === null);
      if (ours) return;
      const body = contentType === "application/json" ? input : (contentTypes[contentType] ?? "");
      const headers = {
        cookie,
        ...(contentType === "" ? {} : { "content-type": contentType }),
        ...(origin === null ? {} : { origin }),
        ...(site === null ? {} : { "sec-fetch-site": site }),
        ...(mode === null ? {} : { "sec-fetch-mode": mode }),
      };
      // Straight to the hub: it must not count on the edge.
      const answer = await send({ socketPath: portal.socketOf("api") }, `/api/trpc/${path}`, { method, headers, body });
      if (answer.status !== 403)
        wrong.push(`${answer.status}: ${JSON.stringify({ method, contentType, origin, site, mode })}`);
    };
    const left = attempts(index);
    const worker = async () => {
      for (let next = left.pop(); next !== undefined; next = left.pop()) await sendOne(next);
    };
    await Promise.all([1, 2, 3, 4].map(worker));
    expect(wrong).toEqual([]);
    expect(await allRows(portal.hub.db)).toEqual(before);
  });

  test("the page itself passes, and a GET of a mutation is none", async () => {
    const { headers } = await people();
    for (const [path] of mutations) {
      expect((await portal.mutateWith(headers.admin, path, { unknown: 1 })).status, path).toBe(400);
      const got = await portal.ask(`/api/trpc/${path}?input=%7B%22json%22%3A%7B%7D%7D`, { headers: headers.admin });
      expect(got.status, path).toBe(405);
    }
  });

  test("a batch is looked at as a whole, and a method in a header or a query counts for nothing", async () => {
    const world = await people();
    const before = await allRows(portal.hub.db);
    const cookie = world.headers.owner.cookie ?? "";
    const body = JSON.stringify({ 0: { json: { user: world.owner, name: "" } } });
    const headers = { cookie, "content-type": "application/json", origin: "null" };
    const paths = [
      "/api/trpc/servers.start?batch=1",
      "/api/trpc/me.get,servers.start?batch=1",
      "/api/trpc/servers.start?_method=GET",
    ];
    for (const target of paths)
      expect((await portal.ask(target, { method: "POST", headers, body })).status, target).toBe(403);
    const overridden = { ...headers, "x-http-method-override": "GET", "x-method-override": "GET" };
    expect((await portal.ask(paths[0] ?? "", { method: "POST", headers: overridden, body })).status).toBe(403);
    expect(await allRows(portal.hub.db)).toEqual(before);
  });
});

describe("S-34: nothing is changed by following a link", () => {
  test("no GET, HEAD or OPTIONS of any address writes a row or starts anything", async () => {
    const world = await people();
    const { owner } = world;
    const cookie = world.headers.owner.cookie ?? "";
    const inputs = await Promise.all(
      Object.entries(procedures).map(async ([path, procedure]) => {
        const input = JSON.stringify({ json: (await procedure.prepare(await people())) ?? null });
        return `/api/trpc/${path}?input=${encodeURIComponent(input)}`;
      }),
    );
    const before = await allRows(portal.hub.db);
    const starts = portal.spawner.started.length;
    const links = [
      `/hub/spawn/${owner}?profile=small&opt-image=evil`,
      `/hub/spawn?profile=small`,
      `/hub/spawn-pending/${owner}`,
      `/hub/user-redirect/lab`,
      `/user/${owner}/lab`,
      `/user/${owner}/api/spawn`,
      `/hub/api`,
      `/hub/api/`,
      `/hub/api/user`,
      `/hub/api/users/${owner}/server`,
      `/hub/api/users/${owner}/tokens`,
      `/hub/health`,
      `/hub/live`,
      `/hub/metrics`,
      `/hub/enter?server=x&next=/`,
      `/hub/logout`,
      ...inputs,
    ];
    for (const link of links)
      for (const method of ["GET", "HEAD", "OPTIONS"])
        for (const headers of [{ cookie }, { cookie, "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate" }])
          await portal.ask(link, { method, headers });
    expect(await allRows(portal.hub.db)).toEqual(before);
    expect(portal.spawner.started).toHaveLength(starts);
  });
});

test("S-34: the way into a server's own origin writes a code that is good once, and nothing else", async () => {
  const subdomains = await startPortal({ mode: "subdomain" });
  await subdomains.addUsers("ana");
  const cookie = await subdomains.signIn("ana");
  const id = await subdomains.startServer(cookie, "ana");
  const before = await allRows(subdomains.hub.db);
  const sent = await subdomains.ask(`/hub/enter?server=${id}`, { headers: { cookie } });
  expect(sent.status).toBe(302);
  const after = await allRows(subdomains.hub.db);
  expect({ ...after, codes: [] }).toEqual({ ...before, codes: [] });
  expect(after.codes).toHaveLength((before.codes?.length ?? 0) + 1);
  expect(JSON.stringify(after.codes)).not.toContain(new URL(sent.headers.location ?? "").searchParams.get("code"));
  await subdomains.stop();
});

test("no procedure answers on a WebSocket", async () => {
  const { headers } = await people();
  expect(await Line.open(portal.port, "/api/trpc/me.get", { host: portal.url.host, ...headers.owner })).toBe(404);
});
