import { createHash } from "node:crypto";
import { inkOn } from "#server/config/ink.ts";
import type { Described } from "./failure.ts";

/** What the portal calls itself, and its colour as `#rrggbb`: `portal` in the configuration. */
export type Brand = { readonly name: string; readonly accent: string };

/** How the pages of one portal look, worked out once. */
export type Look = { readonly name: string; readonly style: string; readonly securityPolicy: string };

export function lookOf({ name, accent }: Brand): Look {
  const style = `:root{--act:${accent};--on:${inkOn(accent)}}\n${commonStyle}`;
  return { name, style, securityPolicy: policyFor(style) };
}

/** The edge's own pages: one document without any other file, for when nothing else answers. */
const commonStyle = `:root{color-scheme:light dark;--back:#f8fafc;--card:#fff;--text:#0f172a;--soft:#475569;--line:#cbd5e1}
@media(prefers-color-scheme:dark){:root{--back:#0b1120;--card:#111a2e;--text:#f1f5f9;--soft:#b6c2d4;--line:#334155}}
*{box-sizing:border-box}body{margin:0;min-height:100vh;display:grid;place-items:center;padding:1.5rem;background:var(--back);color:var(--text);font:1rem/1.6 system-ui,sans-serif}
main{width:100%;max-width:34rem;padding:2rem;background:var(--card);border:1px solid var(--line);border-radius:.75rem}
h1{margin:0 0 .5rem;font-size:1.5rem;line-height:1.3}p{margin:0 0 1.25rem;color:var(--soft)}
nav{display:flex;flex-wrap:wrap;gap:.75rem}a{display:inline-block;padding:.6rem 1.1rem;border:1px solid var(--line);border-radius:.5rem;color:var(--text);text-decoration:none}
a:first-child{background:var(--act);border-color:var(--act);color:var(--on)}a:focus-visible{outline:3px solid var(--text);outline-offset:3px}
small{display:block;margin-top:1.5rem;color:var(--soft);font-size:.8125rem;overflow-wrap:anywhere}`;

/** Nothing loads, nothing frames, nothing runs; only this very style applies. */
function policyFor(style: string): string {
  return [
    "default-src 'none'",
    `style-src 'sha256-${createHash("sha256").update(style).digest("base64")}'`,
    "base-uri 'none'",
    "object-src 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ].join("; ");
}

/** `portalOrigin` is put before every link: on a user's own origin the portal's paths don't exist. */
export function failurePage(described: Described, requestId: string, portalOrigin: string, look: Look): string {
  const links = described.actions.map(
    ({ label, href }) => `<a href="${escapeHtml(`${portalOrigin}${href}`)}">${escapeHtml(label)}</a>`,
  );
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<meta name="robots" content="noindex"><title>${escapeHtml(`${described.title} · ${look.name}`)}</title><style>${look.style}</style></head>
<body><main><h1>${escapeHtml(described.title)}</h1><p>${escapeHtml(described.sentence)}</p>
${links.length === 0 ? "" : `<nav aria-label="What you can do">${links.join("")}</nav>`}
<small>${escapeHtml(look.name)} · Request ${escapeHtml(requestId)}</small></main></body></html>
`;
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
