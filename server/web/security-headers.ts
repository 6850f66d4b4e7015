/**
 * What every answer of the web role carries. `form-action 'self'` also holds for the redirects after a form post (Chrome), so the
 * login goes by fetch and then navigates. `style-src-attr`: React writes positions and widths as style attributes.
 */
export function contentSecurityPolicy(nonce: string): string {
  return [
    "default-src 'none'",
    `script-src 'self' 'nonce-${nonce}'`,
    `style-src 'self' 'nonce-${nonce}'`,
    "style-src-attr 'unsafe-inline'",
    "img-src 'self' data:",
    "font-src 'self'",
    "connect-src 'self'",
    "manifest-src 'self'",
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ].join("; ");
}

export function securityHeaders(nonce: string, path: string): Record<string, string> {
  return {
    "content-security-policy": contentSecurityPolicy(nonce),
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "cross-origin-opener-policy": "same-origin",
    // JupyterLab shows the hub's logo, from the user's own origin.
    "cross-origin-resource-policy": path === "/hub/logo" ? "cross-origin" : "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
    "cache-control": "private, no-store",
  };
}

/** Headers of a request that only Next's own machinery may set, or that reach parts of Next this app doesn't use. */
const internalHeader =
  /^(?:x-middleware-|x-nextjs-|x-invoke-|x-matched-path|x-now-|x-vercel-|x-nonce|content-security-policy)/;

export function isInternalHeader(name: string): boolean {
  return internalHeader.test(name);
}

export type Refusal = { readonly status: number; readonly sentence: string };

/** What never reaches Next: Server Actions (there are none, CVE-2025-55182), its image fetcher, its data routes. */
export function refusalFor(request: {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, unknown>>;
}): Refusal | null {
  if ("next-action" in request.headers) return { status: 400, sentence: "This portal has no Server Actions." };
  if (!request.path.startsWith("/")) return { status: 400, sentence: "The request's target must be a path." };
  if (/^\/_next\/(?:image|data)(?:\/|$)/.test(request.path)) return { status: 404, sentence: "Not found." };
  const isAuth = request.path.startsWith("/api/auth/");
  if (!["GET", "HEAD"].includes(request.method) && !(isAuth && request.method === "POST")) {
    return { status: 405, sentence: "Pages can only be read." };
  }
  return null;
}
