import { stripVTControlCharacters } from "node:util";
import type { FileTally, Tally } from "./tally.ts";

/** More files than these are no accident of the moment. */
const mostFiles = 4;

/** The files to run once more, or none: what failed outside a file, or in many at once, isn't put right by another try. */
export function filesToTryAgain(tally: Tally): readonly string[] {
  const files = tally.filter(({ failures }) => failures.length > 0).map(({ file }) => file);
  return files.includes("") || files.length > mostFiles ? [] : files;
}

export type Settled = { readonly tally: Tally; readonly passedAtSecondTry: Tally };

/** What holds after these files ran once more: what the second run says of them. A file it doesn't name keeps its failures. */
export function settleSecondTry(first: Tally, second: Tally): Settled {
  const again = new Map(second.map((found) => [found.file, found]));
  const passedAtSecondTry = first.flatMap(({ file, failures, ...rest }): FileTally[] => {
    const titles = again.get(file)?.failures.map(({ title }) => title);
    const cleared = titles === undefined ? [] : failures.filter(({ title }) => !titles.includes(title));
    return cleared.length === 0 ? [] : [{ ...rest, file, failures: cleared }];
  });
  const outside = second.filter(({ file }) => file === "");
  return { tally: [...first.map((found) => again.get(found.file) ?? found), ...outside], passedAtSecondTry };
}

const longest = 1_500;
const framesOfLibraries = /\n +at .*(node_modules|node:internal|<anonymous>).*/g;

/** For the end of the output, where it is read first. Files are named as seen from `folder`. */
export function describeFailures(tally: Tally, folder: string): string {
  return tally
    .flatMap(({ file, failures }) =>
      failures.map(({ title, message }) => {
        const plain = stripVTControlCharacters(message).replace(framesOfLibraries, "");
        const shown = plain.length > longest ? `${plain.slice(0, longest)} …` : plain;
        const name = [file.replace(`${folder}/`, ""), title].filter(Boolean).join(": ");
        return [`- ${name}`, ...shown.split("\n").filter(Boolean)].join("\n    ");
      }),
    )
    .join("\n");
}
