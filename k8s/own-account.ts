import { readFile } from "node:fs/promises";
import type { KubeClient } from "./client.ts";
import { isNotFound } from "./errors.ts";
import { selfReviews } from "./kinds.ts";
import { type Account, accountOf } from "./role-binding.ts";

const tokenFile = "/var/run/secrets/kubernetes.io/serviceaccount/token";

/** Whose credentials these are. Clusters before 1.28 can't be asked; there a pod's token says it (RFC 7519 `sub`). */
export async function ownAccount(client: KubeClient, file = tokenFile): Promise<Account> {
  try {
    const review = { apiVersion: "authentication.k8s.io/v1", kind: "SelfSubjectReview" };
    const { status } = await client.create(selfReviews, null, review);
    const name = status?.userInfo?.username;
    if (name === undefined) throw new Error("the API server doesn't say whose credentials these are");
    return accountOf(name);
  } catch (error) {
    if (!isNotFound(error)) throw error;
    const token = await readFile(file, "utf8").catch(() => null);
    if (token === null) throw error;
    return accountOf(subjectOf(token));
  }
}

function subjectOf(token: string): string {
  const claims: unknown = JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString("utf8"));
  if (typeof claims === "object" && claims !== null && "sub" in claims && typeof claims.sub === "string")
    return claims.sub;
  throw new Error("the service account's token names no account");
}
