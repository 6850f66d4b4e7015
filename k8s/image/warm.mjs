// Loads every part of the program once, so that what V8 compiles of it is kept beside it. The part that would run the command line is
// left out; a call of the program keeps that one.
import { readdirSync, readFileSync } from "node:fs";
import { enableCompileCache } from "node:module";

const folder = "/opt/berth/dist";
enableCompileCache(`${folder}/compile-cache`);
const entry = readFileSync(`${folder}/berth.mjs`, "utf8");
const parts = readdirSync(folder).filter((file) => /^berth-.*\.mjs$/.test(file) && !entry.includes(file));
for (const file of parts) await import(`${folder}/${file}`);
process.exit(0);
