import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ensureJupyter, progressOf } from "./jupyter.ts";
import { findPython } from "./python.ts";

let home: string;
beforeEach(() => {
  home = mkdtempSync(path.join(tmpdir(), "berth-jupyter-"));
  chmodSync(home, 0o755);
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

/** Stands in for Python: `-m venv FOLDER` makes a folder with a Python that "installs" a jupyter. It counts its calls. */
function fakePython({ withVenv = true, installs = true } = {}): string {
  const file = path.join(home, "python3");
  const inner = installs
    ? `#!/bin/sh\\necho Collecting jupyterlab\\ntouch "$(dirname "$0")/jupyter"\\n`
    : `#!/bin/sh\\necho "no such index"\\nexit 1\\n`;
  writeFileSync(
    file,
    `#!/bin/sh
[ "$1" = -c ] && exit ${withVenv ? 0 : 1}
echo made >>"${home}/made"
mkdir -p "$3/bin" && printf '${inner}' >"$3/bin/python" && chmod 755 "$3/bin/python"
`,
    { mode: 0o755 },
  );
  return file;
}

const timesMade = () => readFileSync(path.join(home, "made"), "utf8").trim().split("\n").length;

describe("JupyterLab for local servers", () => {
  test("is made once, with its progress told, and found again", async () => {
    const steps: string[] = [];
    const options = { home, configured: null, python: fakePython(), report: (step: string) => void steps.push(step) };
    const jupyter = path.join(home, "venv", "bin", "jupyter");
    expect(await ensureJupyter(options)).toEqual({ jupyter, reused: false });
    expect(steps).toContain("Fetching jupyterlab");
    expect(await ensureJupyter(options)).toEqual({ jupyter, reused: true });
    expect(timesMade()).toBe(1);
  });

  test("what was cut short half-way is made anew", async () => {
    const options = { home, configured: null, python: fakePython(), report: () => undefined };
    mkdirSync(path.join(home, "venv", "bin"), { recursive: true });
    writeFileSync(path.join(home, "venv", "bin", "jupyter"), "half");
    writeFileSync(path.join(home, "venv", "rest"), "of an earlier try");
    expect((await ensureJupyter(options)).reused).toBe(false);
    expect(existsSync(path.join(home, "venv", "rest"))).toBe(false);
  });

  test("a failed installation says what to do, with pip's own last lines, and is not taken for whole", async () => {
    const options = { home, configured: null, python: fakePython({ installs: false }), report: () => undefined };
    await expect(ensureJupyter(options)).rejects.toThrow(/reaches PyPI[\s\S]*no such index/);
    expect((await ensureJupyter({ ...options, python: fakePython() })).reused).toBe(false);
  });

  test("a Python without venv is named with the apt command", async () => {
    const options = { home, configured: null, python: fakePython({ withVenv: false }), report: () => undefined };
    await expect(ensureJupyter(options)).rejects.toThrow('run "apt install python3-venv"');
  });

  test("a machine without Python is told the apt command", () => {
    expect(() => findPython(path.join(home, "none"))).toThrow('"apt install python3 python3-venv"');
  });

  test("a configured jupyter is used as it is, and must exist", async () => {
    const configured = path.join(home, "jupyter");
    await expect(ensureJupyter({ home, configured, report: () => undefined })).rejects.toThrow("does not exist");
    writeFileSync(configured, "", { mode: 0o755 });
    const found = await ensureJupyter({ home, configured, report: () => undefined });
    expect(found).toEqual({ jupyter: configured, reused: true });
    expect(existsSync(path.join(home, "venv"))).toBe(false);
  });

  test.runIf(process.getuid?.() === 0)("root is not given a Python that only root can reach", () => {
    const closed = path.join(home, "closed");
    mkdirSync(closed, { mode: 0o700 });
    writeFileSync(path.join(closed, "python3"), "", { mode: 0o755 });
    expect(() => findPython(path.join(closed, "python3"))).toThrow("accounts of their own");
  });

  test("of pip's lines only the telling ones are passed on", () => {
    expect(progressOf("Collecting jupyterlab<5,>=4.4")).toBe("Fetching jupyterlab");
    expect(progressOf("  Downloading x.whl (1 MB)")).toBeNull();
    expect(progressOf("Installing collected packages: a, b")).toBe("Unpacking the packages");
  });
});
