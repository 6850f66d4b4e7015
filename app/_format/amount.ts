import type { LimitsView } from "#server/api/views.ts";

const number = (digits: number) => new Intl.NumberFormat("en", { maximumFractionDigits: digits });

export function cpuText(millicores: number): string {
  return `${number(2).format(millicores / 1000)} CPU`;
}

/** Binary sizes under the names people know: a pod's `2Gi` and z2jh's `2G` are both "2 GB" here. */
export function bytesText(bytes: number): string {
  const units = ["bytes", "KB", "MB", "GB", "TB", "PB"] as const;
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${number(value < 10 ? 1 : 0).format(value)} ${units[unit]}`;
}

export function limitsTexts({ cpuMillicores, memoryBytes, gpus }: LimitsView): string[] {
  const gpu = gpus === 0 ? [] : [gpus === 1 ? "1 GPU" : `${gpus} GPUs`];
  return [cpuText(cpuMillicores), `${bytesText(memoryBytes)} memory`, ...gpu];
}
