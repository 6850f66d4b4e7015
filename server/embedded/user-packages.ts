import { chmodSync, existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import path from "node:path";

/**
 * Users share the environment and may not write to it: their `pip install` goes to `~/.local`, their own site. pip allows
 * that in an environment that sees sites outside itself only (PEP 405, `include-system-site-packages`); what is in the
 * environment still comes first (`site.main`), so nothing a user installs can stop JupyterLab. A variable such as PIP_USER
 * would break the environments that users make themselves: this file counts for this one alone.
 */
export function sendPipHome(folder: string): void {
  const settings = path.join(folder, "pyvenv.cfg");
  const before = existsSync(settings) ? readFileSync(settings, "utf8") : "";
  replaceFile(settings, withOuterSites(before));
  replaceFile(path.join(folder, "pip.conf"), "[install]\nuser = true\n");
}

export function withOuterSites(settings: string): string {
  const line = "include-system-site-packages = true";
  const known = /^include-system-site-packages[ \t]*=.*$/im;
  return known.test(settings) ? settings.replace(known, line) : `${settings}${line}\n`;
}

/** Servers that run read these files at every start of a kernel: they are there, whole, at each moment. */
function replaceFile(file: string, text: string): void {
  if (existsSync(file) && readFileSync(file, "utf8") === text) return;
  const fresh = `${file}.${process.pid}`;
  writeFileSync(fresh, text);
  chmodSync(fresh, 0o644);
  renameSync(fresh, file);
}
