import type { ServerResponse } from "node:http";
import type { Logo } from "#server/config/logo.ts";

/**
 * An SVG is a document: opened by its address, what an admin was given as a picture would run scripts as the portal. In this sandbox it runs
 * none, has no origin and loads nothing; the pages show it as an image, which runs nothing anyway.
 */
const policy = [
  "default-src 'none'",
  "style-src 'unsafe-inline'",
  "img-src data:",
  "base-uri 'none'",
  "object-src 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "sandbox",
].join("; ");

export function sendLogo(response: ServerResponse, { contentType, body }: Logo, isHead: boolean): void {
  response.writeHead(200, {
    "content-security-policy": policy,
    "content-type": contentType,
    "content-length": body.length,
    "cache-control": "private, max-age=3600",
  });
  response.end(isHead ? undefined : body);
}
