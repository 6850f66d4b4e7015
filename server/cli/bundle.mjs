// `node bundle.mjs server` makes dist/berth.mjs; `node bundle.mjs web` completes .next/standalone with its own entry. One file
// starts faster than a hundred modules, and needs no type stripping.
import { cpSync, existsSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../..");
const common = {
  absWorkingDir: root,
  bundle: true,
  platform: "node",
  format: "esm",
  target: "node22",
  logLevel: "warning",
};

if (process.argv[2] === "web") await bundleWeb();
else await bundleServer();

/** The migrations lie beside the file, as they lie beside the module that runs them in the sources. */
async function bundleServer() {
  await build({
    ...common,
    entryPoints: ["server/main.ts"],
    outfile: "dist/berth.mjs",
    packages: "external",
    sourcemap: true,
  });
  cpSync(path.join(root, "db", "migrations"), path.join(root, "dist", "migrations"), { recursive: true });
}

/** Everything but Next itself goes into the file: the folder must work alone, as another uid and in an image. */
async function bundleWeb() {
  const standalone = path.join(root, ".next", "standalone");
  await build({
    ...common,
    entryPoints: ["server/web/main.ts"],
    outfile: path.join(standalone, "web.mjs"),
    external: ["next"],
    // Packages written for require() find it here.
    banner: {
      js: "import { createRequire as berthRequire } from 'node:module'; const require = berthRequire(import.meta.url);",
    },
  });
  cpSync(path.join(root, ".next", "static"), path.join(standalone, ".next", "static"), { recursive: true });
  if (existsSync(path.join(root, "public")))
    cpSync(path.join(root, "public"), path.join(standalone, "public"), { recursive: true });
}
