/**
 * Called by Next for what fails while a page is made. Its line stands beside Next's own in the log: with it an admin finds
 * the error by the request's id, and by the digest the browser was told.
 */
export function onRequestError(error: unknown, request: { readonly headers: NodeJS.Dict<string | string[]> }): void {
  const digest = error instanceof Error && "digest" in error ? String(error.digest) : "none";
  process.stderr.write(`a page failed: request ${request.headers["x-request-id"] ?? "unknown"}, reference ${digest}\n`);
}
