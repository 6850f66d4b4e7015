import { closeSync, constants, fstatSync, openSync, readSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { isCode } from "./records.ts";

/**
 * One that grew beyond this keeps its end in `.1` and begins anew; servers append, so none of them notices. No more than its end is copied:
 * a server that prints as fast as it can writes gigabytes between two looks, and the hub would stand still over them (S-75).
 */
const largestBytes = 4 * 1024 * 1024;
const tailBytes = 256 * 1024;

export function boundLog(file: string): void {
  const stats = statSync(file, { throwIfNoEntry: false });
  if (stats === undefined || stats.size <= largestBytes) return;
  writeFileSync(`${file}.1`, endOf(file, largestBytes));
  truncateSync(file, 0);
}

/** Oldest first, without control characters a terminal would act on. */
export function lastLines(file: string, count: number): string[] {
  const lines = splitLines(endOf(file, tailBytes).toString("utf8"));
  const older = lines.length < count ? splitLines(endOf(`${file}.1`, tailBytes).toString("utf8")) : [];
  return [...older, ...lines].slice(-count);
}

function splitLines(text: string): string[] {
  const lines = text.split(/\r?\n/);
  if (lines.at(-1) === "") lines.pop();
  return lines.map((line) => line.replace(colourSequence, "").replace(otherControls, ""));
}

/** ECMA-48 §5.4: a control character, `[`, parameters, intermediates and one final byte. */
const colourSequence = /\p{Cc}\[[0-?]*[ -/]*[@-~]/gu;
const otherControls = /(?!\t)\p{Cc}/gu;

function endOf(file: string, mostBytes: number): Buffer {
  let handle: number;
  try {
    handle = openSync(file, constants.O_RDONLY | constants.O_NOFOLLOW);
  } catch (error) {
    if (isCode(error, "ENOENT")) return Buffer.alloc(0);
    throw error;
  }
  try {
    const { size } = fstatSync(handle);
    const start = Math.max(0, size - mostBytes);
    const buffer = Buffer.alloc(size - start);
    const read = readSync(handle, buffer, 0, buffer.length, start);
    return buffer.subarray(0, read);
  } finally {
    closeSync(handle);
  }
}
