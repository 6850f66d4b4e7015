import { stringify } from "yaml";
import { z } from "zod";

/** A Secret holds 1 MiB; the rest is for what else stands in it. */
const mostBytes = 900 * 1024;
// Python's YAML is 1.1, where a bare `yes` is a boolean and a bare date no text: texts like these are quoted.
const asYaml = (data: unknown) => stringify(data, { schema: "yaml-1.1" });
const writers: ReadonlyMap<string, (data: unknown) => string> = new Map([
  ["json", (data: unknown) => `${JSON.stringify(data, null, 2)}\n`],
  ["yaml", asYaml],
  ["yml", asYaml],
]);
/** People put passwords into files too: none of it is printed. */
const unprinted = { secret: true };

const ExtraFile = z
  .strictObject({
    mountPath: z
      .string()
      .refine(isWholePath, {
        error: "This must be the whole path of a file, without “:”, such as /etc/jupyter/jupyter_server_config.json.",
      })
      .describe("Where the file is in a server."),
    mode: z
      .union([z.int(), z.string().regex(/^(?:0o?)?[0-7]{3}$/)])
      .default("0644")
      .refine((mode) => typeof mode === "string" || isUnmistakable(mode), {
        error:
          'Write who may read the file in quotes, such as "0644": YAML reads plain 0644 as the number six hundred forty-four.',
      })
      .describe("Who may read and run it, as for chmod, in quotes."),
    data: z
      .union([z.record(z.string(), z.unknown()).meta(unprinted), z.array(z.unknown()).meta(unprinted)])
      .optional()
      .describe("Written as JSON or YAML, by the ending of the path."),
    stringData: z.string().meta(unprinted).optional().describe("The text of the file."),
    binaryData: z
      .string()
      .refine(isBase64, { error: "This must be base64." })
      .meta(unprinted)
      .optional()
      .describe("The file in base64."),
  })
  .refine(
    ({ data, stringData, binaryData }) =>
      [data, stringData, binaryData].filter((one) => one !== undefined).length === 1,
    {
      error: "Say what is in the file with one of “data”, “stringData” and “binaryData”.",
    },
  )
  .refine(({ data, mountPath }) => data === undefined || writers.has(endingOf(mountPath)), {
    path: ["data"],
    error: "“data” is written as .json, .yaml or .yml. Write any other file's text with “stringData”.",
  });
type ExtraFile = z.infer<typeof ExtraFile>;

/** `singleuser.extraFiles`, as z2jh has it: files that every server finds in place. */
export const ExtraFiles = z
  .record(z.string().min(1).max(253), ExtraFile)
  .refine(
    (files) => new Set(Object.values(files).map(({ mountPath }) => mountPath)).size === Object.keys(files).length,
    {
      error: "Two files have the same “mountPath”.",
    },
  )
  .refine((files) => Object.values(files).reduce((sum, file) => sum + contentOf(file).length, 0) <= mostBytes, {
    error:
      "Together these files are larger than 900 KiB, which is more than Kubernetes carries to a pod. Put them into the image, or into a volume.",
  });

export type ServerFile = { readonly path: string; readonly mode: number; readonly content: Buffer };

/** The files as they are in a server, in the order of their names. */
export function filesOf(files: z.infer<typeof ExtraFiles>): ServerFile[] {
  return Object.keys(files)
    .sort()
    .flatMap((name) => {
      const file = files[name];
      return file === undefined ? [] : [{ path: file.mountPath, mode: modeOf(file.mode), content: contentOf(file) }];
    });
}

function contentOf({ data, stringData, binaryData, mountPath }: ExtraFile): Buffer {
  if (stringData !== undefined) return Buffer.from(stringData, "utf8");
  if (binaryData !== undefined) return Buffer.from(binaryData, "base64");
  return Buffer.from(writers.get(endingOf(mountPath))?.(data) ?? "", "utf8");
}

function endingOf(path: string): string {
  return path.slice(path.lastIndexOf(".") + 1);
}

function modeOf(mode: number | string): number {
  return typeof mode === "number" ? mode : Number.parseInt(mode.replace("o", ""), 8);
}

/** Kubernetes takes no “:” in it; with “.” and “..” two spellings could be one file. */
function isWholePath(path: string): boolean {
  const [first, ...parts] = path.split("/");
  return first === "" && parts.length > 0 && parts.every((part) => !/^\.{0,2}$/.test(part) && !/[:\0]/.test(part));
}

function isBase64(text: string): boolean {
  const bare = text.replaceAll(/\s/g, "");
  return bare.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(bare);
}

/** Helm's YAML gives 420 for 0644, that of berth.yaml 644: a number is taken where only the first can have been meant. */
function isUnmistakable(mode: number): boolean {
  const digits = String(mode);
  return isUsual(mode) && !(/^[0-7]{3}$/.test(digits) && isUsual(Number.parseInt(digits, 8)));
}

/** The owner may read it; the group may do no more than the owner, and others no more than the group. */
function isUsual(mode: number): boolean {
  const [owner, group, others] = [(mode >> 6) & 7, (mode >> 3) & 7, mode & 7];
  const isSet = [group, others].every((bits) => bits === 0 || (bits & 4) !== 0);
  return mode >= 0 && mode <= 0o777 && (owner & 4) !== 0 && (group & ~owner) === 0 && (others & ~group) === 0 && isSet;
}
