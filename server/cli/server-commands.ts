import { type Command, InvalidArgumentError } from "commander";
import type { ServerView } from "#server/api/views.ts";
import { systemClock } from "#server/clock.ts";
import type { CommandContext } from "./command-context.ts";
import { formatBytes, printAnswer, printItems } from "./output.ts";

const waitStepMs = 500;

type Named = { readonly user: string; readonly name: string };
type Starting = Named & {
  readonly profile?: string;
  readonly option: Readonly<Record<string, string>>;
  readonly wait: boolean;
};

export function addServerCommands(program: Command, context: CommandContext): void {
  const server = program.command("server").description("users' servers");
  const named = (command: Command) =>
    command.requiredOption("--user <name>", "whose server").option("--name <server>", "a named server", "");
  named(server.command("start"))
    .description("start a server")
    .option("--profile <slug>", "the profile; default: the profile list's default")
    .option("--option <key=value>", "a profile option; may be given several times", collectOption, {})
    .option("--wait", "wait until it is ready or has failed", false)
    .action(async ({ user, name, profile, option, wait }: Starting) => {
      const started = await context
        .api()
        .servers.start.mutate({ user, name, profile: profile ?? null, options: { ...option } });
      const view = wait ? await waitForEnd(context, { user, name }) : started;
      printAnswer(context.format(), view, sentenceFor(view));
      // Stopped while it was waited for: somebody cancelled the start.
      if (view.phase === "failed" || (wait && view.phase === "stopped")) process.exitCode = 1;
    });
  named(server.command("stop"))
    .description("stop a server, or cancel its start")
    .action(async ({ user, name }: Named) => {
      const view = await context.api().servers.stop.mutate({ user, name });
      printAnswer(context.format(), view, sentenceFor(view));
    });
  server
    .command("list")
    .description("servers of all users, or of one")
    .option("--user <name>", "only this user's")
    .action(async ({ user }: { user?: string }) => {
      const items = user === undefined ? await allServers(context) : await context.api().servers.list.query({ user });
      printItems(context.format(), items, [
        { title: "USER", value: (view) => view.ownerName },
        { title: "SERVER", value: (view) => (view.name === "" ? "(default)" : view.name) },
        { title: "STATE", value: (view) => view.phase },
        { title: "PROFILE", value: (view) => view.profile?.displayName ?? "" },
        { title: "CPU", value: (view) => (view.limits === null ? "" : String(view.limits.cpuMillicores / 1000)) },
        { title: "MEMORY", value: (view) => (view.limits === null ? "" : formatBytes(view.limits.memoryBytes)) },
        { title: "SINCE", value: (view) => (view.id === "" ? "" : view.phaseSince.toISOString()) },
      ]);
    });
}

async function allServers(context: CommandContext): Promise<ServerView[]> {
  const items: ServerView[] = [];
  for (let page = 1; ; page++) {
    const found = await context.api().users.servers.query({ page, pageSize: 200 });
    items.push(...found.items);
    if (items.length >= found.total || found.items.length === 0) return items;
  }
}

/** Looks again and again: a command line lives for one question at a time, and a stream would have to outlive hub restarts. */
async function waitForEnd(context: CommandContext, key: Named): Promise<ServerView> {
  let told = "";
  for (;;) {
    const view = await context.api().servers.get.query(key);
    if (view.phase === "ready" || view.phase === "failed" || view.phase === "stopped") return view;
    const state = stateOf(view);
    if (state !== told && context.format() === "table") process.stderr.write(`- ${state}\n`);
    told = state;
    await systemClock.sleep(waitStepMs);
  }
}

function stateOf(view: ServerView): string {
  return view.queuePosition === null ? view.phase : `${view.phase}, number ${view.queuePosition} in the queue`;
}

function sentenceFor(view: ServerView): string {
  if (view.phase === "ready") return `Ready: ${view.url}`;
  if (view.phase === "failed") return failureText(view);
  return `The server is ${stateOf(view)}.`;
}

function failureText({ failure }: ServerView): string {
  if (failure === null) return "The server failed.";
  const log =
    failure.logTail.length === 0 ? [] : ["Its last lines were:", ...failure.logTail.map((line) => `  ${line}`)];
  return [failure.whatHappened, ...failure.whatYouCanDo, ...log, "", failure.copyBlock].join("\n");
}

function collectOption(text: string, earlier: Record<string, string>): Record<string, string> {
  const at = text.indexOf("=");
  if (at < 1) throw new InvalidArgumentError("Give an option as key=value.");
  return { ...earlier, [text.slice(0, at)]: text.slice(at + 1) };
}
