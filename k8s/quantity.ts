const kubernetesFactors: ReadonlyMap<string, number> = new Map([
  ["n", 1e-9],
  ["u", 1e-6],
  ["m", 1e-3],
  ["", 1],
  ["k", 1e3],
  ["M", 1e6],
  ["G", 1e9],
  ["T", 1e12],
  ["P", 1e15],
  ["E", 1e18],
  ["Ki", 2 ** 10],
  ["Mi", 2 ** 20],
  ["Gi", 2 ** 30],
  ["Ti", 2 ** 40],
  ["Pi", 2 ** 50],
  ["Ei", 2 ** 60],
]);
const jupyterhubFactors: ReadonlyMap<string, number> = new Map([
  ["", 1],
  ["K", 2 ** 10],
  ["M", 2 ** 20],
  ["G", 2 ** 30],
  ["T", 2 ** 40],
]);
const shape = /^([0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:([eE][+-]?[0-9]{1,2})|([A-Za-z]{0,2}))$/;

/** A quantity that can't be read. The message is for the person who wrote the configuration. */
export class QuantityError extends Error {
  readonly brand = "QuantityError";
}

/** The number a Kubernetes quantity stands for: `"500m"` is 0.5, `"1G"` is 10^9, `"1Gi"` is 2^30. */
export function parseKubernetesQuantity(text: string | number): number {
  const { amount, exponent, suffix } = split(text, "512Mi, 2Gi, 500m");
  const factor = exponent === "" ? kubernetesFactors.get(suffix) : Number(`1${exponent}`);
  if (factor === undefined) throw bad(text, `“${suffix}” is no unit Kubernetes knows (Ki, Mi, Gi, k, M, G, m)`);
  return checked(text, amount * factor);
}

/** CPU in thousandths of a core: `"500m"`, `"1.5"`, `2`. Kubernetes rounds up, and so does this. */
export function parseCpuMillicores(text: string | number): number {
  // 1.1 * 1000 is 1100.0000000000002: what is below a millionth of a millicore is the machine's, not the person's.
  return Math.ceil(Number((parseKubernetesQuantity(text) * 1000).toFixed(6)));
}

/** Memory or storage in bytes as Kubernetes reads it: `G` is 10^9, `Gi` is 2^30. */
export function parseKubernetesBytes(text: string | number): number {
  return Math.ceil(parseKubernetesQuantity(text));
}

/**
 * Memory in bytes as JupyterHub reads it (traitlets ByteSpecification, `mem_limit: 2G`): `K`, `M`, `G`, `T` are powers of
 * 1024. Kubernetes' `Ki`, `Mi`, `Gi`, `Ti` mean the same, so they are taken too.
 */
export function parseJupyterHubBytes(text: string | number): number {
  const { amount, exponent, suffix } = split(text, "512M, 2G");
  const factor = exponent === "" ? jupyterhubFactors.get(suffix.replace(/^([KMGT])i$/, "$1")) : undefined;
  if (factor === undefined) throw bad(text, `“${exponent}${suffix}” is no unit JupyterHub knows (K, M, G, T)`);
  return checked(text, Math.floor(amount * factor));
}

/** `1500` as Kubernetes prints it: `1500m`, and `2000` as `2`. */
export function printCpu(millicores: number): string {
  return millicores % 1000 === 0 ? String(millicores / 1000) : `${millicores}m`;
}

/** Bytes in the largest binary unit that says them exactly: `2Gi`, `1536Mi`, `1000`. */
export function printBytes(bytes: number): string {
  const unit = (["Ti", "Gi", "Mi", "Ki"] as const).find(
    (name) => bytes > 0 && bytes % (kubernetesFactors.get(name) ?? 1) === 0,
  );
  return unit === undefined ? String(bytes) : `${bytes / (kubernetesFactors.get(unit) ?? 1)}${unit}`;
}

/** For sentences: `2 GiB`, `1.5 GiB`, `512 MiB`. */
export function bytesInWords(bytes: number): string {
  const units = ["TiB", "GiB", "MiB", "KiB"] as const;
  const index = units.findIndex((_, place) => bytes >= 1024 ** (4 - place));
  const unit = units[index];
  if (unit === undefined) return `${bytes} bytes`;
  return `${Number((bytes / 1024 ** (4 - index)).toFixed(1))} ${unit}`;
}

type Parts = { readonly amount: number; readonly exponent: string; readonly suffix: string };

function split(text: string | number, examples: string): Parts {
  const match = shape.exec(String(text));
  if (match === null) throw bad(text, `write a number and a unit, like ${examples}`);
  return { amount: Number(match[1]), exponent: match[2] ?? "", suffix: match[3] ?? "" };
}

function checked(text: string | number, value: number): number {
  if (!Number.isFinite(value) || value > Number.MAX_SAFE_INTEGER) throw bad(text, "it is too large");
  return value;
}

function bad(text: string | number, why: string): QuantityError {
  return new QuantityError(`“${String(text)}” is not a quantity: ${why}.`);
}
