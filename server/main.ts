import { runCommandLine } from "./cli/program.ts";

const code = await runCommandLine(process.argv.slice(2), process.env);
// Not by letting the loop run dry: a start that failed may leave a connection behind that would keep the process. And not
// before a long answer has left for a pipe.
process.stdout.write("", () => process.exit(code));
