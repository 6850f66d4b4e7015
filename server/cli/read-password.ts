import { createInterface } from "node:readline/promises";
import { Writable } from "node:stream";
import { UsageError } from "./usage-error.ts";

/** The first line of standard input, so that a password is in no list of processes and no history. */
export async function readPassword(name: string): Promise<string> {
  const password = process.stdin.isTTY ? await askTwice(name) : await firstLine();
  if (password === "")
    throw new UsageError(
      "There was no password to read.",
      "Send one line to standard input, or leave --password-stdin out to have a password made up.",
    );
  return password;
}

async function firstLine(): Promise<string> {
  for await (const line of createInterface({ input: process.stdin })) return line;
  return "";
}

async function askTwice(name: string): Promise<string> {
  const password = await askUnseen(`Password for “${name}”: `);
  if (password === "" || (await askUnseen("The same again: ")) === password) return password;
  throw new UsageError("The two passwords differ.", "Run the command again.");
}

/** Asks on stderr, since stdout is the command's answer, and shows nothing of what is typed. */
async function askUnseen(question: string): Promise<string> {
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const terminal = createInterface({ input: process.stdin, output: nowhere, terminal: true });
  process.stderr.write(question);
  try {
    return await new Promise<string>((resolve, reject) => {
      terminal.once("line", resolve);
      terminal.once("SIGINT", () => reject(new UsageError("Nothing was added.", "")));
      terminal.once("close", () => resolve(""));
    });
  } finally {
    process.stderr.write("\n");
    terminal.close();
  }
}
