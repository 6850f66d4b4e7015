import type { Command, Option } from "commander";
import { createProgram, everyCommand } from "./program.ts";

const intro = `# Command line

\`npm run berth -- COMMAND\` in the checkout, made from the commands themselves. It reaches the hub over the socket in the home
(\`--home\`, \`BERTH_HOME\`; default \`.berth\` where it is called, as root \`/var/lib/berth\`), as the owner of that home and with
all rights; or any hub, with \`BERTH_URL\` and \`BERTH_TOKEN\`, with the rights of the token.

\`-o json\` prints the answer for programs, errors too (\`{"error": {"message", "next", "code"}}\` on stderr). The exit code is 0 when
it is done, 1 when it failed, 2 when it was asked wrongly. What a command prints is on stdout; progress and errors are on stderr.`;

/** The reference page: one section a command. */
export function cliReference(): string {
  const { program } = createProgram({});
  const sections = everyCommand(program)
    .filter((command) => command.commands.length === 0)
    .map(sectionOf);
  return `${[intro, ...sections].join("\n\n")}\n`;
}

function sectionOf(command: Command): string {
  const usage = [...pathOf(command), ...command.registeredArguments.map((argument) => `<${argument.name()}>`)].join(
    " ",
  );
  const options = command.options.filter(({ hidden }) => !hidden).map(lineOf);
  return [
    `## \`${usage}\``,
    `${sentence(command.description())}`,
    ...(options.length > 0 ? [options.join("\n")] : []),
  ].join("\n\n");
}

function pathOf(command: Command): string[] {
  return command.parent === null ? [command.name()] : [...pathOf(command.parent), command.name()];
}

function lineOf(option: Option): string {
  const choices = option.argChoices === undefined ? "" : ` (${option.argChoices.join(", ")})`;
  const needed = option.mandatory ? " Required." : "";
  return `- \`${option.flags}\`: ${option.description}${choices}.${needed}`;
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}
