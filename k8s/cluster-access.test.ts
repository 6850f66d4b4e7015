import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { inClusterAccess, ownNamespace } from "./cluster-access.ts";
import { kubeconfigAccess } from "./kubeconfig-access.ts";

describe("access to the API server", () => {
  let root: string;

  beforeEach(async () => {
    root = await mkdtemp(path.join(tmpdir(), "berth-access-"));
    await writeFile(path.join(root, "ca.crt"), "the CA");
    await writeFile(path.join(root, "token"), "first\n");
    await writeFile(path.join(root, "namespace"), "portal\n");
  });
  afterEach(async () => {
    await rm(root, { recursive: true, force: true });
  });

  test("F-32: in a cluster the token is read each time, so one that was rotated is used", async () => {
    const access = inClusterAccess({ KUBERNETES_SERVICE_HOST: "10.96.0.1", KUBERNETES_SERVICE_PORT: "6443" }, root);
    expect(await access()).toMatchObject({ origin: "https://10.96.0.1:6443", tls: { ca: "the CA" } });
    await writeFile(path.join(root, "token"), "second");
    expect((await access()).headers).toEqual({ authorization: "Bearer second" });
  });

  test("an IPv6 API server is written in brackets", async () => {
    const access = inClusterAccess({ KUBERNETES_SERVICE_HOST: "fd00::1", KUBERNETES_SERVICE_PORT: "443" }, root);
    expect((await access()).origin).toBe("https://[fd00::1]:443");
  });

  test("outside a cluster and without a kubeconfig it says what is missing", async () => {
    expect(() => inClusterAccess({}, root)).toThrow(/KUBERNETES_SERVICE_HOST/);
    expect(await ownNamespace(path.join(root, "nowhere"))).toBeNull();
    expect(await ownNamespace(root)).toBe("portal");
  });

  test("a kubeconfig gives its certificates, its server's path and its name for TLS", async () => {
    const file = path.join(root, "kubeconfig");
    const data = (text: string) => Buffer.from(text).toString("base64");
    await writeFile(
      file,
      JSON.stringify({
        "current-context": "a",
        clusters: [
          {
            name: "a",
            cluster: {
              server: "https://rancher.example.org/k8s/clusters/c-1",
              "certificate-authority-data": data("the CA"),
              "tls-server-name": "api.internal",
            },
          },
        ],
        users: [{ name: "hub", user: { token: "t" } }],
        contexts: [{ name: "a", context: { cluster: "a", user: "hub" } }],
      }),
    );
    expect(await kubeconfigAccess(file)()).toEqual({
      origin: "https://rancher.example.org",
      prefix: "/k8s/clusters/c-1",
      tls: { ca: "the CA", servername: "api.internal" },
      headers: { authorization: "Bearer t" },
      proxyUrl: null,
    });
  });
});
