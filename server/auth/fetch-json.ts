/** A provider that can't be reached, or answers with something that isn't an answer. The message is for the log. */
export class ProviderError extends Error {
  readonly brand = "ProviderError";
  /** The HTTP status, when there was one. */
  readonly status: number | null;
  readonly body: unknown;
  constructor(message: string, options: { cause?: unknown; status?: number; body?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.status = options.status ?? null;
    this.body = options.body ?? null;
  }
}

const timeoutMs = 5_000;
const maximalBytes = 1024 * 1024;

/**
 * JSON from a provider, within a time and a size. Redirects aren't followed: no endpoint of OAuth or OIDC needs one, and
 * following them would let a provider choose which host the hub talks to.
 */
export async function fetchJson(url: string, init: RequestInit = {}): Promise<unknown> {
  const headers = { accept: "application/json", "user-agent": "berth", ...init.headers };
  const signal = AbortSignal.timeout(timeoutMs);
  const origin = new URL(url).origin;
  const response = await fetch(url, { ...init, headers, signal, redirect: "error" }).catch((cause: unknown) => {
    throw new ProviderError(`${origin} can't be reached`, { cause });
  });
  const text = await limitedText(response).catch((cause: unknown) => {
    throw new ProviderError(`${origin} broke off its answer, or it was too long`, { cause });
  });
  const body = parsed(text);
  if (!response.ok) {
    throw new ProviderError(`${origin} answered ${response.status}`, { status: response.status, body: body ?? null });
  }
  if (body === undefined) throw new ProviderError(`${origin} answered something that isn't JSON`);
  return body;
}

async function limitedText(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > maximalBytes) throw new Error("too long");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
