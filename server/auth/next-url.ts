/**
 * Where to go after the login. Anything that isn't plainly a path of this site becomes the fallback: there is no list of
 * bad values to keep, only one shape that passes (CVE-2019-10255, CVE-2026-33709, CVE-2020-5233 were lists).
 */
export function safeNext(value: unknown, base: string, fallback = "/hub/home"): string {
  return typeof value === "string" && isSitePath(value, base) ? value : fallback;
}

const maximalLength = 2048;

function isSitePath(value: string, base: string): boolean {
  if (value.length > maximalLength || !/^\/(?![/\\])/.test(value)) return false;
  if (!URL.canParse(value, base)) return false;
  const url = new URL(value, base);
  // What a browser reads differently from what is written (tabs, backslashes, dot segments) isn't the same text afterwards.
  if (url.origin !== new URL(base).origin || url.pathname + url.search + url.hash !== value) return false;
  return staysAPathDecoded(url.pathname);
}

/** A server that decodes the path once or twice too often must not find another host in it either. */
function staysAPathDecoded(pathname: string): boolean {
  let path = pathname;
  for (let round = 0; round < 3; round++) {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
    if (/^\/[/\\]/.test(path) || /[\u0000-\u001f\u007f\\]/.test(path)) return false;
    const decoded = decodedOnce(path);
    if (decoded === null) return round > 0;
    if (decoded === path) return true;
    path = decoded;
  }
  return true;
}

function decodedOnce(path: string): string | null {
  try {
    return decodeURIComponent(path);
  } catch {
    return null;
  }
}
