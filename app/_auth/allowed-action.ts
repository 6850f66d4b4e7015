/** What of next-auth's routes this portal uses. The rest (session, providers, its own pages) answers 404. */
export function isAllowedAction(method: "GET" | "POST", [action, provider, ...more]: readonly string[]): boolean {
  if (action === undefined || more.length > 0) return false;
  if (method === "GET") {
    if (action === "callback") return provider !== undefined;
    // After a failed round next-auth comes back over these two to the login page.
    return provider === undefined && ["csrf", "error", "signin"].includes(action);
  }
  if (action === "signin" || action === "callback") return provider !== undefined;
  return action === "signout" && provider === undefined;
}
