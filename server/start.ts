// The bundle's entry. What V8 compiled is kept beside the bundle, because most of a start is compiling: not in Node's default place,
// a folder that everybody on the machine may write to. Where this one can't be written (an image has it filled) nothing is kept.
import { enableCompileCache } from "node:module";
import path from "node:path";

enableCompileCache(path.join(import.meta.dirname, "compile-cache"));
await import("./main.ts");
