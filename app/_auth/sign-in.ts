/** Where the browser goes next; for a refused login that is the login page again, with the reason in its query. */
export type SignInResult = { readonly url: string };

async function csrfToken(): Promise<string> {
  const response = await fetch("/api/auth/csrf", { headers: { accept: "application/json" } });
  const body = (await response.json()) as { csrfToken: string };
  return body.csrfToken;
}

async function post(path: string, fields: Readonly<Record<string, string>>): Promise<SignInResult> {
  const body = new URLSearchParams({ ...fields, csrfToken: await csrfToken(), json: "true" });
  const response = await fetch(path, { method: "POST", body });
  const answer = (await response.json().catch(() => ({}))) as { url?: string };
  return { url: answer.url ?? "/hub/login?error=unavailable" };
}

/** By fetch, then a navigation: a form post would be held by `form-action` on its way to the provider. */
export async function signInWith(
  method: "local" | "dummy" | "admin-link",
  fields: Readonly<Record<string, string>>,
  next: string,
): Promise<SignInResult> {
  return await post(`/api/auth/callback/${method}`, { ...fields, callbackUrl: next });
}

export async function signInAt(provider: string, next: string): Promise<SignInResult> {
  return await post(`/api/auth/signin/${encodeURIComponent(provider)}`, { callbackUrl: next });
}

export async function signOut(): Promise<SignInResult> {
  return await post("/api/auth/signout", { callbackUrl: "/hub/login?logged-out=1" });
}
