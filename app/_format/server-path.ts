/** Pages about one server: `/hub/spawn/ana`, `/hub/spawn-pending/ana/second`. */
export function serverPagePath(page: "spawn" | "spawn-pending", user: string, server: string): string {
  const parts = [user, ...(server === "" ? [] : [server])];
  return `/hub/${page}/${parts.map(encodeURIComponent).join("/")}`;
}

/** Back from a page's path. Next hands the segments over as they stand in the URL. */
export function serverOfSegments(segments: readonly string[]): { readonly user: string; readonly name: string } | null {
  const [user, name = "", ...more] = segments.map(decoded);
  return user === undefined || more.length > 0 ? null : { user, name };
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
