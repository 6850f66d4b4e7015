import { setTimeout as pause } from "node:timers/promises";
import { type inferRouterOutputs, initTRPC, TRPCError } from "@trpc/server";
import superjson from "superjson";
import { z } from "zod";
import type { MyCullingView } from "#server/api/culling-views.ts";
import { trpcCodeOf } from "#server/api/errors.ts";
import type { AppRouter } from "#server/api/root.ts";
import type { MeView, ProgressView, ServerView } from "#server/api/views.ts";
import { HubError, isHubError } from "#server/errors.ts";
import { serverNameProblem } from "#server/servers/names.ts";
import type { MyUsageView } from "#server/usage/views.ts";
import { smallLimits, userOf } from "./hub-data.ts";
import type { FakeHubState } from "./hub-state.ts";

type FakeContext = {
  readonly state: FakeHubState;
  readonly userName: string | null;
  readonly trustNotes: readonly string[];
};

const t = initTRPC.context<FakeContext>().create({
  transformer: superjson,
  sse: { ping: { enabled: true, intervalMs: 10_000 } },
  errorFormatter: ({ shape, error }) => {
    const cause = isHubError(error.cause) ? error.cause : null;
    const data = {
      code: shape.data.code,
      httpStatus: shape.data.httpStatus,
      hubCode: cause?.code ?? "internal",
      detail: cause?.detail ?? {},
    };
    return {
      message: cause?.publicMessage ?? shape.message,
      code: shape.code,
      data: { ...data, requestId: "fake-request" },
    };
  },
});

function refuse(code: keyof typeof trpcCodeOf, message: string): never {
  throw new TRPCError({ code: trpcCodeOf[code], message, cause: new HubError(code, message) });
}

const signedIn = t.procedure.use(async ({ ctx, next }) => {
  const user = ctx.userName === null ? undefined : ctx.state.users.get(ctx.userName);
  if (user === undefined) return refuse("unauthenticated", "You are not logged in any more. Log in again.");
  return await next({ ctx: { ...ctx, user } });
});

const onServer = z.strictObject({ user: z.string(), name: z.string().default("") });
const starting = onServer.extend({
  group: z.string().optional(),
  profile: z.string().nullish(),
  options: z.record(z.string(), z.string()).default({}),
});
const paged = z.object({
  search: z.string().default(""),
  sort: z.string().default(""),
  page: z.int().default(1),
  pageSize: z.int().default(50),
});

function pageOf<T>(items: readonly T[], { page, pageSize }: { page: number; pageSize: number }) {
  return { items: items.slice((page - 1) * pageSize, page * pageSize), total: items.length, page, pageSize };
}

function found(state: FakeHubState, input: z.infer<typeof onServer>): ServerView {
  return (
    state.find(input.user, input.name) ?? refuse("not-found", `There is no server “${input.name}” of “${input.user}”.`)
  );
}

function unstarted(state: FakeHubState, user: string): ServerView {
  return state.find(user, "") ?? state.put({ ownerName: user, name: "", phase: "stopped", profile: null });
}

const inGroup = onServer.extend({ group: z.string().optional() });

function fitOf(state: FakeHubState, group: string | undefined, profile: string) {
  const reason = group === undefined ? null : (state.quotas[group]?.[profile] ?? null);
  return { fits: reason === null, reason, after: [] };
}

const servers = t.router({
  list: signedIn.input(z.object({ user: z.string().optional() }).default({})).query(({ ctx, input }) => {
    const name = input.user ?? ctx.user.name;
    unstarted(ctx.state, name);
    return [...ctx.state.servers.values()]
      .filter((server) => server.ownerName === name)
      .sort((a, b) => a.name.localeCompare(b.name));
  }),
  get: signedIn.input(onServer).query(({ ctx, input }) => found(ctx.state, input)),
  startOptions: signedIn.input(inGroup).query(({ ctx, input }) => {
    const server = ctx.state.find(input.user, input.name) ?? null;
    const last = server?.profile == null ? null : { profile: server.profile.slug, options: server.options };
    return {
      server,
      profiles: ctx.state.profiles,
      last,
      home: {
        name: `claim-${input.user}${input.name === "" ? "" : `--${input.name}`}`,
        isNew: last === null,
        capacityBytes: 10 * 1024 ** 3,
      },
      group: { choices: Object.keys(ctx.state.quotas), selected: input.group ?? null, message: null },
      gpus: null,
      fits: Object.fromEntries(ctx.state.profiles.map(({ slug }) => [slug, fitOf(ctx.state, input.group, slug)])),
    };
  }),
  preview: signedIn.input(starting).query(({ ctx, input }) => {
    const profile = ctx.state.profiles.find(({ slug }) => slug === input.profile);
    const size = profile?.options
      .find(({ name }) => name === "size")
      ?.choices.find(({ slug }) => slug === input.options.size);
    return {
      limits: size?.limits ?? profile?.limits ?? smallLimits,
      fit: fitOf(ctx.state, input.group, profile?.slug ?? ""),
    };
  }),
  start: signedIn.input(starting).mutation(({ ctx, input }) => {
    const problem = input.name === "" ? null : serverNameProblem(input.name);
    if (problem !== null) return refuse("invalid", problem);
    const profile = ctx.state.profiles.find(({ slug }) => slug === input.profile);
    if (profile === undefined) return refuse("invalid", "There is no such profile.");
    return ctx.state.begin(input.user, input.name, {
      profile: { slug: profile.slug, displayName: profile.displayName },
      options: input.options,
      limits: profile.limits,
    });
  }),
  startAgain: signedIn.input(onServer).mutation(({ ctx, input }) => ctx.state.begin(input.user, input.name, {})),
  restart: signedIn.input(onServer).mutation(({ ctx, input }) => ctx.state.begin(input.user, input.name, {})),
  stop: signedIn
    .input(onServer)
    .mutation(({ ctx, input }) => ctx.state.put({ ...found(ctx.state, input), phase: "stopped", readyAt: null })),
  delete: signedIn.input(onServer).mutation(({ ctx, input }) => {
    ctx.state.servers.delete(`${input.user}/${input.name}`);
    return null;
  }),
  open: signedIn.input(onServer.extend({ reason: z.string() })).mutation(({ ctx, input }) => {
    return { url: found(ctx.state, input).url, until: new Date(Date.now() + 3600_000) };
  }),
  progress: signedIn.input(onServer).subscription(async function* ({
    ctx,
    input,
    signal,
  }): AsyncGenerator<ProgressView> {
    const ended = signal ?? new AbortController().signal;
    while (!ended.aborted) {
      const change = Promise.race([
        ctx.state.changed(ended),
        pause(2000, undefined, { signal: ended }).catch(() => undefined),
      ]);
      const server = found(ctx.state, input);
      yield ctx.state.progressOf(server);
      if (server.phase === "ready" || server.phase === "failed" || server.phase === "stopped") return;
      await change;
    }
  }),
});

const users = t.router({
  list: signedIn.input(paged).query(({ ctx, input }) => {
    const all = [...ctx.state.users.values()].filter(({ name }) => name.includes(input.search));
    all.sort((a, b) => a.name.localeCompare(b.name) * (input.sort.startsWith("-") ? -1 : 1));
    return pageOf(all, input);
  }),
  create: signedIn
    .input(z.object({ name: z.string(), admin: z.boolean().default(false), password: z.string().optional() }))
    .mutation(({ ctx, input }) => {
      if (ctx.state.users.has(input.name)) return refuse("conflict", `There is a user called “${input.name}” already.`);
      const user = userOf(input.name, { admin: input.admin, lastActivityAt: null, groups: [] }, new Date());
      ctx.state.users.set(input.name, user);
      return { user, password: "abcde-fghjk-mnpqr-stuvw" };
    }),
  setDisabled: signedIn.input(z.object({ name: z.string(), disabled: z.boolean() })).mutation(({ ctx, input }) => {
    return changeUser(ctx.state, input.name, { disabledAt: input.disabled ? new Date() : null });
  }),
  setAdmin: signedIn.input(z.object({ name: z.string(), admin: z.boolean() })).mutation(({ ctx, input }) => {
    return changeUser(ctx.state, input.name, { admin: input.admin });
  }),
  servers: signedIn.input(paged.extend({ phase: z.string().nullish() })).query(({ ctx, input }) => {
    const all = [...ctx.state.servers.values()].filter(
      ({ ownerName, name, phase }) =>
        `${ownerName}/${name}`.includes(input.search) && (input.phase == null || phase === input.phase),
    );
    all.sort((a, b) => a.ownerName.localeCompare(b.ownerName) * (input.sort.startsWith("-") ? -1 : 1));
    return pageOf(all, input);
  }),
});

function changeUser(state: FakeHubState, name: string, change: Partial<ReturnType<typeof userOf>>) {
  const user = state.users.get(name) ?? refuse("not-found", `There is no user called “${name}”.`);
  const changed = { ...user, ...change };
  state.users.set(name, changed);
  return changed;
}

const tokens = t.router({
  list: signedIn.query(({ ctx }) => ctx.state.tokens),
  create: signedIn
    .input(z.object({ note: z.string(), expiresInSeconds: z.int().nullable(), scopes: z.array(z.string()).nullable() }))
    .mutation(({ ctx, input }) => {
      const expiresAt = input.expiresInSeconds === null ? null : new Date(Date.now() + input.expiresInSeconds * 1000);
      const row = {
        id: crypto.randomUUID(),
        prefix: "brt_ab",
        note: input.note,
        scopes: ["self"],
        createdAt: new Date(),
        expiresAt,
        lastUsedAt: null,
      };
      ctx.state.tokens = [row, ...ctx.state.tokens];
      return { token: "brt_abcdefghijklmnopqrstuvwxyz0123456789", row };
    }),
  revoke: signedIn.input(z.object({ id: z.string() })).mutation(({ ctx, input }) => {
    ctx.state.tokens = ctx.state.tokens.filter(({ id }) => id !== input.id);
    return null;
  }),
});

const nothingUsed = { serverHours: 0, cpuHours: 0, memoryGibHours: 0, gpuHours: 0 };
const dayMs = 86_400_000;

const hub = t.router({
  backend: signedIn.query(({ ctx }) => ({ backend: "kubernetes" as const, awaySince: ctx.state.backendAwaySince })),
});

const announcements = t.router({
  current: t.procedure.query(({ ctx }) => ctx.state.announcements),
  dismiss: signedIn.input(z.object({ id: z.string() })).mutation(({ ctx, input }) => {
    ctx.state.announcements = ctx.state.announcements.filter(({ id }) => id !== input.id);
    return null;
  }),
});

const sessions = t.router({
  list: signedIn.query(({ ctx }) => ctx.state.sessions),
  end: signedIn.input(z.object({ id: z.string() })).mutation(({ ctx, input }) => {
    ctx.state.sessions = ctx.state.sessions.filter(({ id }) => id !== input.id);
    return null;
  }),
  endAll: signedIn.mutation(({ ctx }) => {
    const ended = ctx.state.sessions.filter(({ current }) => !current).length;
    ctx.state.sessions = ctx.state.sessions.filter(({ current }) => current);
    return { ended };
  }),
});

const usage = t.router({
  mine: signedIn.input(z.object({ days: z.int().default(30) })).query(({ ctx, input }): MyUsageView => {
    const to = new Date();
    const from = new Date(to.getTime() - input.days * dayMs);
    const hours = (piece: number) => (ctx.user.name === "fresh" ? 0 : (piece * 7) % 11);
    const buckets = Array.from({ length: input.days }, (_, piece) => ({
      at: new Date(from.getTime() + piece * dayMs),
      serverHours: hours(piece),
      cpuHours: hours(piece) * 2,
      memoryGibHours: hours(piece) * 4,
      gpuHours: 0,
    }));
    const budget = { windowDays: 30, group: { cpuHours: 400 }, member: {}, whenSpent: "refuse-start" } as const;
    const groups = [{ group: "physics", budget, used: nothingUsed, remaining: { cpuHours: 87.5 } }];
    return { from, to, bucketSeconds: 86_400, total: nothingUsed, buckets, groups };
  }),
});

const me = t.router({
  accessHistory: signedIn.query(({ ctx }) => ctx.state.opened),
  get: signedIn.query(({ ctx: { user, trustNotes } }): MeView => {
    const hub = { version: "0.1.0", namedServers: true, namedServerLimit: 8, trustNotes };
    return {
      id: user.id,
      name: user.name,
      admin: user.admin,
      scopes: user.admin ? ["admin-ui"] : [],
      hasPassword: true,
      hub,
    };
  }),
  changePassword: signedIn.input(z.object({ current: z.string(), next: z.string() })).mutation(({ input }) => {
    return input.current === "secret" ? null : refuse("invalid", "This isn't your current password.");
  }),
});

function cullingOf(idleSeconds: number | null): MyCullingView {
  return {
    enabled: true,
    choice: idleSeconds === null ? {} : { idleSeconds },
    bounds: { min: 900, max: 14_400 },
    usual: { idleSeconds: 3600, maxAgeSeconds: null, quietHours: [] },
    groups: [{ group: "physics", rule: { idleSeconds: 7200 } }],
    warnSeconds: 600,
    maxKeepSeconds: 86_400,
  };
}

const culling = t.router({
  mine: signedIn.query(({ ctx }): MyCullingView => ({ ...cullingOf(ctx.state.idleChoice) })),
  setMine: signedIn.input(z.object({ idleSeconds: z.int().optional() })).mutation(({ ctx, input }): MyCullingView => {
    ctx.state.idleChoice = input.idleSeconds ?? null;
    return cullingOf(ctx.state.idleChoice);
  }),
  extend: signedIn.input(onServer.extend({ seconds: z.int().default(3600) })).mutation(({ ctx, input }) =>
    ctx.state.put({
      ...found(ctx.state, input),
      stop: null,
      keepUntil: new Date(Date.now() + input.seconds * 1000),
    }),
  ),
});

const router = t.router({ hub, me, servers, users, tokens, culling, announcements, sessions, usage });

type Answers = inferRouterOutputs<AppRouter>;
/** What the hub answers where the fake has a procedure too. */
type Same<F> = {
  [Router in keyof F]: Router extends keyof Answers
    ? { [P in keyof F[Router]]: P extends keyof Answers[Router] ? Answers[Router][P] : never }
    : never;
};
/** `never`, so that nothing compiles, when the fake answers otherwise than the hub does. */
type Faithful<R extends typeof router> = inferRouterOutputs<R> extends Same<inferRouterOutputs<R>> ? R : never;

export const fakeRouter: Faithful<typeof router> = router;
