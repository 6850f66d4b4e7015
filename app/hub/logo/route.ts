import { webSettings } from "#server/web/settings.ts";

/** JupyterLab and scripts ask the hub for its logo here. `portal.logoFile` is answered before Next (server/web/logo.ts). */
export function GET(): Response {
  const { accent, ink } = webSettings().brand;
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="8" fill="${accent}"/><path d="M7 17h18l-3 7H10z M15 6l7 8h-7z" fill="${ink}"/></svg>`;
  return new Response(svg, { headers: { "content-type": "image/svg+xml" } });
}

export const dynamic = "force-dynamic";
