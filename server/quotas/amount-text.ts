import type { QuotaResource } from "#db/schema/settings.ts";

type Unit = { readonly size: number; readonly one: string; readonly many: string };

const gibibyte = 1024 ** 3;

function bytesUnit(bytes: number, of: string): Unit {
  const [size, name] =
    bytes >= 10 * 1024 * gibibyte
      ? [1024 * gibibyte, "TiB"]
      : bytes >= gibibyte || bytes === 0
        ? [gibibyte, "GiB"]
        : bytes >= 1024 ** 2
          ? [1024 ** 2, "MiB"]
          : [1, "bytes"];
  return { size, one: `${name} of ${of}`, many: `${name} of ${of}` };
}

const count = (one: string): Unit => ({ size: 1, one, many: `${one}s` });
const cpu = (one: string): Unit => ({ size: 1000, one, many: `${one}s` });

function unitOf(resource: QuotaResource, largest: number): Unit {
  switch (resource) {
    case "servers":
      return count("server");
    case "homes":
      return count("home");
    case "gpus":
      return count("GPU");
    case "cpuLimitMillicores":
      return cpu("CPU");
    case "cpuRequestMillicores":
      return cpu("guaranteed CPU");
    case "memoryLimitBytes":
      return bytesUnit(largest, "memory");
    case "memoryRequestBytes":
      return bytesUnit(largest, "guaranteed memory");
    case "storageBytes":
      return bytesUnit(largest, "storage");
    default:
      return resource satisfies never;
  }
}

/** "4 CPUs", "8 GiB of memory". */
export function amountText(resource: QuotaResource, amount: number): string {
  const unit = unitOf(resource, amount);
  const shown = figure(amount / unit.size);
  return `${shown} ${shown === "1" ? unit.one : unit.many}`;
}

/** "2 of 4 CPUs", "3.5 of 8 GiB of memory". */
export function usedOfText(resource: QuotaResource, used: number, hard: number): string {
  const unit = unitOf(resource, hard === 0 ? used : hard);
  const most = figure(hard / unit.size);
  return `${figure(used / unit.size)} of ${most} ${most === "1" ? unit.one : unit.many}`;
}

/** Two decimals where they say something; what is more than nothing is never shown as nothing. */
function figure(amount: number): string {
  if (amount > 0 && amount < 0.01) return "less than 0.01";
  return String(Math.round(amount * 100) / 100);
}
