import { closeSync, openSync, readSync } from "node:fs";

export type Logo = { readonly contentType: "image/svg+xml" | "image/png"; readonly body: Buffer };

const mostBytes = 256 * 1024;

/** `portal.logoFile`. Ends the start with a sentence where it is no picture that can be shown; `null` when none is named. */
export function readLogo(file: string | undefined): Logo | null {
  if (file === undefined) return null;
  const body = readUpTo(file, mostBytes + 1);
  if (body.length > mostBytes)
    throw new Error(`portal.logoFile: ${file} is larger than ${mostBytes / 1024} KiB. Save the picture smaller.`);
  const contentType = typeOf(body);
  if (contentType === null) throw new Error(`portal.logoFile: ${file} is neither an SVG nor a PNG picture.`);
  return { contentType, body };
}

function readUpTo(file: string, bytes: number): Buffer {
  try {
    const opened = openSync(file, "r");
    try {
      const buffer = Buffer.alloc(bytes);
      let read = 0;
      for (let more = -1; more !== 0 && read < bytes; read += more)
        more = readSync(opened, buffer, read, bytes - read, null);
      return buffer.subarray(0, read);
    } finally {
      closeSync(opened);
    }
  } catch (cause) {
    throw new Error(`portal.logoFile: ${file} can't be read.`, { cause });
  }
}

const pngStart = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
/** Before the root element an SVG may have a declaration, comments and a document type. */
const svgStart =
  /^\ufeff?\s*(?:<\?xml[^>]*\?>\s*)?(?:<!--[\s\S]*?-->\s*)*(?:<!DOCTYPE[^>[]*>\s*)?(?:<!--[\s\S]*?-->\s*)*<svg[\s>]/;

/** By what it holds, never by its name: it is served under this type. */
function typeOf(body: Buffer): Logo["contentType"] | null {
  if (body.subarray(0, pngStart.length).equals(pngStart)) return "image/png";
  return svgStart.test(body.subarray(0, 8192).toString("utf8")) ? "image/svg+xml" : null;
}
