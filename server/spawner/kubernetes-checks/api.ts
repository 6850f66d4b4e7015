import type { KubernetesContext } from "../kubernetes-context.ts";
import type { HealthCheck } from "../spawner.ts";
import { fine, wordsOf, wrong } from "./said.ts";

const name = "Kubernetes API";
/** What `kubeVersion` of the chart says, and the newest one whose schemas the tests compare with. */
const oldest = 24;
const newestTried = 34;
const toleranceMs = 2000;

export type ApiLook = { readonly answers: boolean; readonly checks: readonly HealthCheck[] };

/** Whether it answers, what it is, and what time it thinks it is. */
export async function apiChecks(k: KubernetesContext): Promise<ApiLook> {
  const fromMs = k.clock.now().getTime();
  try {
    const { version, date } = await k.client.version();
    const clock = date === null ? [] : [clockCheck(date, { fromMs, untilMs: k.clock.now().getTime() })];
    return { answers: true, checks: [versionCheck(version), ...clock] };
  } catch (error) {
    const fix = "Check spawner.kubernetes.kubeconfig, and that this machine can reach the API server.";
    return { answers: false, checks: [wrong(name, `Doesn't answer: ${wordsOf(error)}.`, fix)] };
  }
}

/** Distributions write more behind it: `v1.30.1-gke.1`, `v1.27.3+k3s1`. */
export function versionCheck(version: string): HealthCheck {
  const [, major, minor] = /^v?(\d+)\.(\d+)/.exec(version) ?? [];
  if (major === undefined || minor === undefined)
    return fine(name, `Answers; its version, “${version}”, is none Berth can compare.`);
  if (Number(major) === 1 && Number(minor) < oldest)
    return wrong(
      name,
      `Answers, version ${version}. Berth needs 1.${oldest} or newer.`,
      "Upgrade the cluster: what Berth writes there may be refused, or understood in part.",
    );
  const newer = Number(major) > 1 || Number(minor) > newestTried;
  const note = newer ? ` Berth is tested up to 1.${newestTried}; nothing is known against newer ones.` : "";
  return fine(name, `Answers, version ${version}.${note}`);
}

/** `Date` has whole seconds (RFC 9110, 5.6.7): the server's time lies between it and a second later. */
export function clockCheck(date: Date, asked: { readonly fromMs: number; readonly untilMs: number }): HealthCheck {
  const earliest = date.getTime();
  const apartMs = Math.max(0, earliest - asked.untilMs, asked.fromMs - (earliest + 999));
  const title = "Kubernetes clock";
  if (apartMs <= toleranceMs) return fine(title, "This machine's clock and the API server's agree.");
  const message = `This machine's clock and the API server's differ by ${(apartMs / 1000).toFixed(1)} s.`;
  return wrong(title, message, "Let NTP set the clocks of both machines: tokens and certificates are refused else.");
}
