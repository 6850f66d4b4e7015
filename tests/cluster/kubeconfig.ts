type UserEntry = { token: string } | { "client-certificate-data": string; "client-key-data": string };

/** JSON is YAML: a kubeconfig needs no other writer. */
export function kubeconfigFor(
  server: string,
  authority: string | undefined,
  user: UserEntry,
  namespace = "default",
): string {
  const config = {
    apiVersion: "v1",
    kind: "Config",
    clusters: [
      { name: "test", cluster: { server, ...(authority ? { "certificate-authority-data": authority } : {}) } },
    ],
    users: [{ name: "test", user }],
    contexts: [{ name: "test", context: { cluster: "test", user: "test", namespace } }],
    "current-context": "test",
  };
  return `${JSON.stringify(config, null, 1)}\n`;
}
