/** How the request says who it is. Only a cookie is sent by a browser without the page's doing. */
export type Credential = "cookie" | "token" | "none";

export type XsrfQuestion = {
  readonly method: string;
  readonly credential: Credential;
  /** The header as it came; `null` when absent. */
  readonly origin: string | null;
  readonly secFetchSite: string | null;
};

const safeMethods: readonly string[] = ["GET", "HEAD", "OPTIONS"];

/**
 * Whether a request with a cookie may change something: only a page of the hub itself may send it. `same-site` is hostile
 * here, users' servers are same-site; `Sec-Fetch-Mode` proves nothing (CVE-2026-40864). Browsers send Origin with every
 * method but GET and HEAD, so a missing one is refused.
 */
export function mayChangeState(question: XsrfQuestion, hubOrigin: string): boolean {
  if (safeMethods.includes(question.method)) return true;
  if (question.credential === "token") return true;
  if (question.origin !== hubOrigin) return false;
  return question.secFetchSite === null || question.secFetchSite === "same-origin";
}
