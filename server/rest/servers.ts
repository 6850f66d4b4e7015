import { z } from "zod";
import { HubError } from "#server/errors.ts";
import { deleteServer } from "#server/servers/delete.ts";
import { knownToStarter, readServerRow } from "#server/servers/read-row.ts";
import { reportActivity } from "#server/servers/report-activity.ts";
import { untilStopped } from "#server/servers/settle.ts";
import { startServer } from "#server/servers/start.ts";
import { stopServer } from "#server/servers/stop.ts";
import { phaseNow } from "#server/servers/view.ts";
import { serverModel } from "./models.ts";
import { streamProgress } from "./progress.ts";
import { empty, json, pending, type RestAnswer, type RestCall, type RestRoute } from "./route.ts";

/** As long as JupyterHub lets a client wait for a stop (`slow_stop_timeout`). */
const stopForMs = 10_000;

const places = [
  { path: "/users/:user/server", which: "the default server", nameOf: () => "" },
  { path: "/users/:user/servers/:server", which: "a named server", nameOf: (call: RestCall) => call.param("server") },
] as const;

export const serverRoutes: readonly RestRoute[] = [
  ...places.flatMap(({ path, which, nameOf }): RestRoute[] => [
    {
      method: "GET",
      path,
      takes: "read:servers",
      does: `The model of ${which}, whether it runs or not.`,
      handle: async (call) => json(200, await modelOf(call, nameOf(call))),
    },
    {
      method: "POST",
      path,
      takes: "start:servers",
      does: `Starts ${which}. The body is its options: \`{profile, <option>: <choice>}\`; or JupyterHub 6's \`{user_options, display_name}\`, with \`group\` for the group it counts against. 202 while it starts, 400 when it runs.`,
      handle: (call) => start(call, nameOf(call)),
    },
    {
      method: "DELETE",
      path,
      takes: "delete:servers",
      does: `Stops ${which}, or calls its start off. 202 when that takes longer.${path.endsWith(":server") ? " `{remove: true}` deletes it, too; its home is kept." : ""}`,
      handle: (call) => stop(call, nameOf(call)),
    },
    {
      method: "GET",
      path: `${path}/progress`,
      takes: "read:servers",
      does: `The progress of a start of ${which}, as server-sent events.`,
      handle: (call) => streamProgress(call, nameOf(call)),
    },
  ]),
  {
    method: "POST",
    path: "/users/:user/activity",
    takes: "users:activity",
    does: "Says when somebody was last active: `{last_activity, servers: {<name>: {last_activity}}}`.",
    handle: async (call) => {
      const { last_activity, servers } = await call.body();
      await reportActivity(call.verb, { user: call.param("user"), lastActivity: last_activity, servers });
      return empty(200);
    },
  },
];

async function modelOf(call: RestCall, name: string): Promise<Record<string, unknown>> {
  const { verb } = call;
  const user = call.param("user");
  const server = await readServerRow(verb, { user, name });
  return serverModel({ actor: verb.actor, config: verb.config }, user, server);
}

const Wrapped = z.object({
  user_options: z.record(z.string(), z.unknown()).nullish(),
  display_name: z.string().nullish(),
  group: z.string().optional(),
});

/** JupyterHub 6 wraps the options, 5 sends them bare (hub6 apihandlers/users.py). A list is what a form sends: its first value counts. */
function startAsked(body: Readonly<Record<string, unknown>>) {
  const wraps = "user_options" in body || "display_name" in body;
  const { user_options, group } = wraps ? Wrapped.parse(body) : { user_options: body, group: undefined };
  const { profile = null, ...others } = user_options ?? {};
  const options = Object.entries(others).flatMap(([key, value]) => {
    const first: unknown = Array.isArray(value) ? value[0] : value;
    return first === null || first === undefined ? [] : [[key, first] as const];
  });
  return {
    profile: Array.isArray(profile) ? profile[0] : profile,
    options: Object.fromEntries(options),
    ...(group ? { group } : {}),
  };
}

async function start(call: RestCall, name: string): Promise<RestAnswer> {
  const { verb } = call;
  const user = call.param("user");
  const asked = startAsked(await call.body());
  const known = await knownToStarter(verb, { user, name });
  if (known !== undefined && phaseNow(known) === "ready")
    throw new HubError("invalid", `${user}/${name} is already running.`);
  if (known !== undefined && phaseNow(known) === "stopping")
    throw new HubError("invalid", `${user}/${name} is pending stop.`);
  const server = await startServer(verb, { user, name, ...asked });
  return phaseNow(server) === "ready" ? empty(201) : pending;
}

async function stop(call: RestCall, name: string): Promise<RestAnswer> {
  const { hub, verb } = call;
  const user = call.param("user");
  const { remove } = z.strictObject({ remove: z.boolean().default(false) }).parse(await call.body());
  if (remove && name === "") throw new HubError("invalid", "The default server can't be removed; it can be stopped.");
  const asked = await stopServer(verb, { user, name });
  const stopped = await untilStopped(hub, verb, asked.id, stopForMs);
  if (stopped === undefined) return pending;
  if (remove) await deleteServer(verb, { user, name });
  return empty(204);
}
