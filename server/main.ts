import { runCommandLine } from "./cli/program.ts";

// Not by letting the loop run dry: a start that failed may leave a connection behind that would keep the process.
process.exit(await runCommandLine(process.argv.slice(2), process.env));
