import { listedProfiles } from "#server/profiles/catalogue.ts";
import type { CheckFinding } from "./problem.ts";
import type { Config } from "./schema.ts";

/** Idle times that contradict each other. */
export function cullFindings(config: Config): CheckFinding[] {
  const { timeout, minTimeout, maxTimeout } = config.cull;
  const findings: CheckFinding[] = [];
  if (minTimeout !== undefined && minTimeout > timeout)
    findings.push({
      path: ["cull", "minTimeout"],
      message: `The shortest idle time (${minTimeout}) is longer than “cull.timeout” (${timeout}). Lower it, or raise “timeout”.`,
    });
  if (maxTimeout !== undefined && maxTimeout < timeout)
    findings.push({
      path: ["cull", "maxTimeout"],
      message: `The longest idle time (${maxTimeout}) is shorter than “cull.timeout” (${timeout}). Raise it, or lower “timeout”.`,
    });
  return [...findings, ...profileFindings(config)];
}

function profileFindings(config: Config): CheckFinding[] {
  const { minTimeout, maxTimeout } = config.cull;
  return listedProfiles(config).flatMap(({ cull, slug }): CheckFinding[] => {
    const seconds = cull?.timeout ?? 0;
    const isShort = seconds > 0 && minTimeout !== undefined && seconds < minTimeout;
    const isLong = maxTimeout !== undefined && seconds > maxTimeout;
    if (!isShort && !isLong) return [];
    const bound = isShort ? `“cull.minTimeout” (${minTimeout})` : `“cull.maxTimeout” (${maxTimeout})`;
    const message = `The profile “${slug}” has an idle time of ${seconds} seconds, beyond ${bound}. Change one of them.`;
    return [{ path: ["singleuser", "profileList"], message }];
  });
}
