import type { HealthCheck } from "#server/spawner/spawner.ts";
import type { Reading } from "./live-config.ts";

/** What `doctor` and the health page say of the file; null where there is none. */
export function readingCheck(reading: Reading | null): HealthCheck | null {
  if (reading === null) return null;
  const { file, at, problems, waiting } = reading;
  const name = "configuration";
  const [first] = problems;
  if (first !== undefined) {
    const more = problems.length === 1 ? "" : ` (and ${problems.length - 1} more)`;
    const message = `${file} was changed and can't be taken; the hub goes on with what it read before. ${first}${more}`;
    return { name, ok: false, message, fix: "Correct the file; it is read again by itself." };
  }
  if (waiting.length > 0) {
    const message = `Changed in ${file}, and in force only after a restart: ${waiting.join(", ")}.`;
    return { name, ok: false, message, fix: "Restart the hub; running servers go on." };
  }
  return { name, ok: true, message: `${file} was read at ${at.toISOString().slice(0, 19)}Z.`, fix: null };
}
