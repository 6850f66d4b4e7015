import { type Command, InvalidArgumentError, Option } from "commander";
import type { CommandContext } from "./command-context.ts";
import { printAnswer, printItems, printJson, write } from "./output.ts";
import { readPassword } from "./read-password.ts";

export function addAccountCommands(program: Command, context: CommandContext): void {
  addUserCommands(program, context);
  const token = program.command("token").description("API tokens");
  token
    .command("create")
    .description("make a token for a user and print only the token")
    .requiredOption("--user <name>", "whose token")
    .option("--expires <time>", "how long it is good for: 90d, 12h, 30m", parseSeconds)
    .option("--scopes <list>", "comma-separated; default: everything the user may do", (text) =>
      text.split(",").map((s) => s.trim()),
    )
    .option("--note <text>", "what it is for", "made on the command line")
    .action(async (options: { user: string; expires?: number; scopes?: string[]; note: string }) => {
      const { token: text, row } = await context.api().tokens.create.mutate({
        user: options.user,
        note: options.note,
        expiresInSeconds: options.expires ?? null,
        scopes: options.scopes ?? null,
      });
      if (context.format() === "json") printJson({ token: text, ...row });
      else write(text);
    });
}

function addUserCommands(program: Command, context: CommandContext): void {
  const user = program.command("user").description("accounts");
  user
    .command("add")
    .description("make a local account; without a password one is made up and printed, once")
    .argument("<name>")
    .option("--admin", "may see and steer everything", false)
    .option(
      "--password-stdin",
      "read the password, at least 8 characters, from standard input; a terminal asks for it",
      false,
    )
    .addOption(
      new Option("--password <password>", "the same on the command line, where others can see it").conflicts(
        "passwordStdin",
      ),
    )
    .action(async (name: string, options: { admin: boolean; passwordStdin: boolean; password?: string }) => {
      const password = options.passwordStdin ? await readPassword(name) : options.password;
      const made = await context.api().users.create.mutate({
        name,
        admin: options.admin,
        ...(password === undefined ? {} : { password }),
      });
      const told = made.password === null ? "" : ` Password (shown this once): ${made.password}`;
      printAnswer(context.format(), made, `Added “${made.user.name}”.${told}`);
    });
  user
    .command("disable")
    .description("end a user's sessions, tokens and servers; the home is kept")
    .argument("<name>")
    .option("--undo", "let the user in again", false)
    .action(async (name: string, options: { undo: boolean }) => {
      const row = await context.api().users.setDisabled.mutate({ name, disabled: !options.undo });
      printAnswer(
        context.format(),
        row,
        options.undo ? `“${row.name}” may log in again.` : `“${row.name}” is disabled. The home is kept.`,
      );
    });
  user
    .command("list")
    .description("all accounts")
    .option("--search <text>", "part of a name", "")
    .action(async (options: { search: string }) => {
      const items = [];
      for (let page = 1; ; page++) {
        const found = await context.api().users.list.query({ search: options.search, page, pageSize: 200 });
        items.push(...found.items);
        if (items.length >= found.total || found.items.length === 0) break;
      }
      printItems(context.format(), items, [
        { title: "NAME", value: (row) => row.name },
        { title: "ADMIN", value: (row) => (row.admin ? "yes" : "") },
        { title: "STATE", value: (row) => (row.disabledAt === null ? "active" : "disabled") },
        { title: "SERVERS", value: (row) => String(row.runningServers) },
        { title: "LAST ACTIVITY", value: (row) => row.lastActivityAt?.toISOString() ?? "never" },
      ]);
    });
}

const unitSeconds: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 };

function parseSeconds(text: string): number {
  const [, amount, unit] = /^(\d+)([smhd])$/.exec(text) ?? [];
  const factor = unitSeconds[unit ?? ""];
  if (amount === undefined || factor === undefined)
    throw new InvalidArgumentError("Give a number and a unit: 90d, 12h, 30m, 60s.");
  return Number(amount) * factor;
}
