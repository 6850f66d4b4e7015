/**
 * Amounts as people write them in the configuration. Memory follows JupyterHub's ByteSpecification (jupyterhub/traitlets.py),
 * where `2G` is 2 × 1024³ bytes; storage follows Kubernetes, where `2G` is 2 × 10⁹ and `2Gi` is 2 × 1024³. Both `null` when the
 * text is no amount.
 */

const binaryFactors: Readonly<Record<string, number>> = { "": 1, K: 1024, M: 1024 ** 2, G: 1024 ** 3, T: 1024 ** 4 };

/** Memory: a number of bytes, or a number with K, M, G or T (`Mi`, `Gi` mean the same here). */
export function parseMemoryBytes(amount: string | number): number | null {
  if (typeof amount === "number") return wholePositive(amount);
  const match = /^(\d+(?:\.\d+)?)([KMGT]?)i?$/.exec(amount);
  const factor = binaryFactors[match?.[2] ?? "-"];
  if (match?.[1] === undefined || factor === undefined || amount === `${match[1]}i`) return null;
  return wholePositive(Number(match[1]) * factor);
}

const storageFactors: Readonly<Record<string, number>> = {
  "": 1,
  k: 1e3,
  K: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  Ki: 1024,
  Mi: 1024 ** 2,
  Gi: 1024 ** 3,
  Ti: 1024 ** 4,
  Pi: 1024 ** 5,
};

/** Storage: a Kubernetes quantity such as `10Gi`. */
export function parseStorageBytes(amount: string | number): number | null {
  if (typeof amount === "number") return wholePositive(amount);
  const match = /^(\d+(?:\.\d+)?)([kKMGTP]i?|)$/.exec(amount);
  const factor = storageFactors[match?.[2] ?? "-"];
  if (match?.[1] === undefined || factor === undefined) return null;
  return wholePositive(Number(match[1]) * factor);
}

/** CPU in thousandths of a core: `2`, `0.5`, `"0.5"` or `"500m"`. */
export function parseCpuMillicores(amount: string | number): number | null {
  if (typeof amount === "number") return wholePositive(amount * 1000);
  const match = /^(\d+(?:\.\d+)?)(m?)$/.exec(amount);
  if (match?.[1] === undefined) return null;
  return wholePositive(Number(match[1]) * (match[2] === "m" ? 1 : 1000));
}

/** Rounded up, so that what is asked for is never less than what was written. */
function wholePositive(value: number): number | null {
  if (!Number.isFinite(value) || value <= 0) return null;
  const rounded = Math.ceil(Number(value.toFixed(6)));
  return Number.isSafeInteger(rounded) && rounded > 0 ? rounded : null;
}
