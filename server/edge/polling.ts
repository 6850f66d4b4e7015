const rememberedPaths = 256;
/** JupyterLab saves its layout as often as it looks at the folder it shows: every ten seconds while its tab is in front, untouched. */
const savesLayout = /^\/user\/[^/]+(?:\/[^/]+)?\/lab\/api\/workspaces\/[^/?]*(?:\?|$)/;

/**
 * Which requests are somebody, and which a page that looks by itself whether anything is new. A page that was opened counts, and so does
 * whatever changes something. A GET or HEAD of a path that was asked for before doesn't: an open tab asks for the same few paths for
 * as long as it is open.
 */
export class Polling {
  /** Hashes, in the order they were last asked for; what is forgotten counts as new once. */
  readonly #paths = new Set<number>();

  /** True when this request is somebody's doing. */
  isActivity(method: string, target: string, opensPage: boolean): boolean {
    if (method === "PUT" && savesLayout.test(target)) return false;
    if (method !== "GET" && method !== "HEAD" && method !== "OPTIONS") return true;
    const known = this.#note(hashOf(target));
    return opensPage || (!known && method !== "OPTIONS");
  }

  #note(hash: number): boolean {
    const known = this.#paths.delete(hash);
    this.#paths.add(hash);
    if (this.#paths.size > rememberedPaths)
      for (const oldest of this.#paths) return this.#paths.delete(oldest) && known;
    return known;
  }
}

/** FNV-1a over the path: what stands behind a `?` is a page's way of not being given an old answer. */
function hashOf(target: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < target.length; index++) {
    const code = target.charCodeAt(index);
    if (code === 0x3f) break;
    hash = Math.imul(hash ^ code, 0x01000193);
  }
  return hash;
}
