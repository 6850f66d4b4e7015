import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { loadConfig } from "#server/config/load.ts";
import { traitShapes } from "#server/profiles/traits.ts";
import { refusedTraits } from "#server/profiles/traits-refused.ts";

const packages = ["jupyterhub-kubespawner==7.1.0", "jupyterhub==6.1.1"];
const script = join(import.meta.dirname, "config-traits.py");
let traits: { KubeSpawner: string[]; Spawner: string[] };

/** The packages' wheels from PyPI, unpacked; kept between runs. Renamed into place, so that two runs at once don't meet. */
function unpackedPackages(): string {
  const folder = join(tmpdir(), `berth-${packages.join("-").replaceAll(/[^a-z0-9.]+/g, "-")}`);
  if (existsSync(folder)) return folder;
  const work = mkdtempSync(join(tmpdir(), "berth-wheels-"));
  execFileSync("python3", ["-m", "pip", "download", "--quiet", "--no-deps", "--dest", work, ...packages]);
  const unpacked = join(work, "unpacked");
  mkdirSync(unpacked);
  for (const wheel of readdirSync(work).filter((name) => name.endsWith(".whl")))
    execFileSync("python3", ["-m", "zipfile", "-e", join(work, wheel), unpacked]);
  if (!existsSync(folder)) renameSync(unpacked, folder);
  rmSync(work, { recursive: true, force: true });
  return folder;
}

beforeAll(() => {
  traits = JSON.parse(execFileSync("python3", [script, unpackedPackages()], { encoding: "utf8" }));
}, 120_000);

describe("every setting of KubeSpawner 7 and its Spawner base", () => {
  test("is mapped to the server or refused, and none that doesn't exist is", () => {
    const theirs = [...new Set([...traits.KubeSpawner, ...traits.Spawner])].sort();
    expect(traits.KubeSpawner.length).toBeGreaterThan(70);
    expect(traits.Spawner.length).toBeGreaterThan(30);
    const ours = [...Object.keys(traitShapes), ...Object.keys(refusedTraits)].sort();
    expect(ours).toEqual(theirs);
  });

  test("each refused one ends the start with its name, its line and the reason", () => {
    for (const [trait, reason] of Object.entries(refusedTraits)) {
      const result = loadConfig({
        environment: {},
        flags: { singleuser: { profileList: [{ display_name: "A", kubespawner_override: { [trait]: "x" } }] } },
      });
      const [problem, ...others] = result.ok ? [] : result.problems;
      expect(others).toEqual([]);
      expect(problem?.path).toBe(`singleuser.profileList[0].kubespawner_override.${trait}`);
      expect(problem?.message).toBe(`“${trait}” can't be set: ${reason}`);
    }
  });
});
