import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";

/** The arrows of the design, as imports: who may know whom. Tests may know everybody. */
const root = path.resolve(import.meta.dirname, "../..");
const files = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard", "*.ts", "*.tsx"], {
  cwd: root,
  encoding: "utf8",
})
  .split("\n")
  .filter((file) => file !== "" && !/\.test\.tsx?$|^tests\/|\.d\.ts$/.test(file));

type Import = { readonly file: string; readonly to: string; readonly typeOnly: boolean };

const imports: readonly Import[] = files.flatMap((file) => {
  const text = readFileSync(path.join(root, file), "utf8");
  const found = text.matchAll(/^\s*(?:import|export)\s+(type\s+)?[^"';]*?from\s+"([^"]+)"|import\("([^"]+)"\)/gm);
  return [...found].map(([, typeOnly, from, dynamic]) => ({
    file,
    to: resolve(file, from ?? dynamic ?? ""),
    typeOnly: typeOnly !== undefined,
  }));
});

/** A file of ours as a path from the root; a package by its name. */
function resolve(file: string, specifier: string): string {
  if (specifier.startsWith("#")) return specifier.slice(1);
  if (specifier.startsWith(".")) return path.join(path.dirname(file), specifier);
  return `package:${specifier}`;
}

const within =
  (...folders: string[]) =>
  (one: string) =>
    folders.some((folder) => one === folder || one.startsWith(`${folder}/`));
const ours = (to: string) => !to.startsWith("package:");
const offending = (from: (file: string) => boolean, bad: (i: Import) => boolean) =>
  imports.filter((i) => from(i.file) && bad(i)).map((i) => `${i.file} → ${i.to}`);

/** Comments and what stands in quotes are for people. */
function withoutProse(line: string): string {
  return line.replace(/"(?:[^"\\]|\\.)*"|`[^`]*`/g, '""').replace(/\/\/.*|^\s*\*.*|\/\*.*/, "");
}

describe("the arrows", () => {
  test("db is a leaf: drizzle and pg, and the clock and log of the server at most", () => {
    expect(offending(within("db"), (i) => ours(i.to) && !within("db")(i.to))).toEqual([]);
  });

  test("k8s is a leaf", () => {
    expect(offending(within("k8s"), (i) => ours(i.to) && !within("k8s")(i.to))).toEqual([]);
  });

  test("only the Kubernetes spawner speaks Kubernetes", () => {
    const spawner = (file: string) => /^server\/spawner\/kubernetes/.test(file);
    expect(
      offending(
        (file) => !spawner(file) && !within("k8s")(file),
        (i) => within("k8s")(i.to),
      ),
    ).toEqual([]);
    expect(
      offending(
        (file) => !within("k8s")(file) && !spawner(file),
        (i) => i.to.startsWith("package:@kubernetes/"),
      ),
    ).toEqual([]);
  });

  test("nobody above db builds SQL", () => {
    expect(
      offending(
        (file) => !within("db")(file) && file !== "drizzle.config.ts",
        (i) => i.to.startsWith("package:drizzle"),
      ),
    ).toEqual([]);
  });

  test("the edge knows neither database, Kubernetes, spawner nor Next", () => {
    const bad = (i: Import) =>
      within("db", "k8s", "app", "server/spawner", "server/web")(i.to) || /^package:(next|react|pg|drizzle)/.test(i.to);
    expect(offending(within("server/edge"), (i) => bad(i) && !i.typeOnly)).toEqual([]);
  });

  test("pages know the server's API by its types, and what both sides must agree on", () => {
    const shared = within(
      "server/api",
      "server/auth/cookies.ts",
      "server/auth/next-url.ts",
      "server/auth/session-token.ts",
      "server/internal/messages.ts",
      "server/web",
      "server/servers/names.ts",
      "server/errors.ts",
      "server/auth/xsrf.ts",
      "server/profiles/choices.ts",
      "server/quotas/amount-text.ts",
      "server/spawner/spawner.ts",
    );
    expect(offending(within("app"), (i) => within("server", "db", "k8s")(i.to) && !shared(i.to))).toEqual([]);
    expect(offending(within("app"), (i) => within("server/api")(i.to) && !i.typeOnly)).toEqual([]);
  });

  test("verbs know no door, and the reconciler no verb", () => {
    const verbs = within("server/servers", "server/users", "server/tokens", "server/profiles", "server/audit");
    expect(
      offending(
        verbs,
        (i) => within("server/rest", "server/cli", "server/edge", "server/roles", "app")(i.to) && !i.typeOnly,
      ),
    ).toEqual([]);
    expect(
      offending(
        within("server/spawner"),
        // What things are called is no verb.
        (i) =>
          within("server/servers", "server/api", "server/rest")(i.to) &&
          !/^server\/servers\/(names|slugs|namespace)\.ts$/.test(i.to) &&
          !i.typeOnly,
      ),
    ).toEqual([]);
  });

  test("no folder or file is named for nothing in particular", () => {
    expect(files.filter((file) => /(^|\/)(utils?|helpers?|common|misc|lib)(\/|\.tsx?$)/.test(file))).toEqual([]);
  });

  test("no barrels", () => {
    expect(files.filter((file) => /\/index\.tsx?$/.test(file))).toEqual([]);
  });

  test("nothing goes round the type system", () => {
    const ways = /\bas any\b|:\s*any\s*[;,)=\]}|&>[]|<any[,>]|as unknown as|@ts-(ignore|expect-error|nocheck)/;
    const found = files.flatMap((file) =>
      readFileSync(path.join(root, file), "utf8")
        .split("\n")
        .flatMap((line, at) => (ways.test(withoutProse(line)) ? [`${file}:${at + 1} ${line.trim()}`] : [])),
    );
    expect(found).toEqual([]);
  });
});
