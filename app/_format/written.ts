/** Amounts as the hub reads them back: `4`, `500m`, `8Gi`. Exact, so that saving a form unchanged changes nothing. */
export function writtenCpu(millicores: number): string {
  return millicores % 1000 === 0 ? String(millicores / 1000) : `${millicores}m`;
}

const units = [
  ["Ti", 1024 ** 4],
  ["Gi", 1024 ** 3],
  ["Mi", 1024 ** 2],
  ["Ki", 1024],
] as const;

export function writtenBytes(bytes: number): string {
  if (bytes === 0) return "0";
  const unit = units.find(([, size]) => bytes % size === 0);
  return unit === undefined ? String(bytes) : `${bytes / unit[1]}${unit[0]}`;
}
