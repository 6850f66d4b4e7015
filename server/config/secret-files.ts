import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { type SchemaNode, schemasAt } from "./json-schema.ts";
import type { KeyPath } from "./problem.ts";

type Found = { readonly path: KeyPath; readonly message: string };
type Values = Record<string, unknown>;

/**
 * Puts what is in the file named by `<key>File` under the secret's own key. Files are named relative to the configuration's
 * folder. The file's last line break is not part of the secret.
 */
export function readSecretFiles(values: Values, root: SchemaNode, configFile: string | null): Found[] {
  const folder = configFile === null ? process.cwd() : dirname(resolve(configFile));
  return visit(values, root, folder, []);
}

function visit(value: unknown, root: SchemaNode, folder: string, path: KeyPath): Found[] {
  if (Array.isArray(value)) return value.flatMap((item, index) => visit(item, root, folder, [...path, index]));
  if (typeof value !== "object" || value === null) return [];
  const values = value as Values;
  return Object.keys(values).flatMap((key) => {
    const secretKey = key.endsWith("File") ? key.slice(0, -4) : "";
    const isSecret = secretKey !== "" && schemasAt(root, [...path, secretKey]).some((node) => node.secret === true);
    return isSecret ? readInto(values, secretKey, folder, path) : visit(values[key], root, folder, [...path, key]);
  });
}

function readInto(values: Values, key: string, folder: string, path: KeyPath): Found[] {
  const file = values[`${key}File`];
  const at = [...path, `${key}File`];
  if (typeof file !== "string") return [];
  if (values[key] !== undefined && values[key] !== null)
    return [{ path: at, message: `“${key}” and “${key}File” are both set. Keep one of them.` }];
  const read = readSecret(resolve(folder, file));
  if (typeof read === "object") return [{ path: at, message: read.problem }];
  values[key] = read;
  return [];
}

function readSecret(file: string): string | { readonly problem: string } {
  try {
    const secret = readFileSync(file, "utf8").replace(/\r?\n$/, "");
    return secret === "" ? { problem: `The file “${file}” is empty.` } : secret;
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "";
    if (code === "ENOENT") return { problem: `There is no file “${file}”.` };
    if (code === "EACCES")
      return { problem: `The file “${file}” can't be read: permission denied. Let the user Berth runs as read it.` };
    return { problem: `The file “${file}” can't be read (${code === "" ? String(error) : code}).` };
  }
}
