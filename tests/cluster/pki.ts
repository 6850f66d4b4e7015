import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { apiServerUrl, kubernetesService, nodeAddress, nodeName } from "./addresses.ts";
import { kubeconfigFor } from "./kubeconfig.ts";

type Subject = { commonName: string; organization?: string; alternativeNames?: string[] };

/** Every party of the cluster, as the API server reads its certificate. */
const subjects: Record<string, Subject> = {
  apiserver: {
    commonName: "kube-apiserver",
    alternativeNames: [
      "IP:127.0.0.1",
      `IP:${nodeAddress}`,
      `IP:${kubernetesService}`,
      "DNS:kubernetes",
      "DNS:kubernetes.default",
      "DNS:kubernetes.default.svc",
    ],
  },
  kubelet: {
    commonName: `system:node:${nodeName}`,
    organization: "system:nodes",
    alternativeNames: [`IP:${nodeAddress}`, `DNS:${nodeName}`],
  },
  admin: { commonName: "admin", organization: "system:masters" },
  "controller-manager": { commonName: "system:kube-controller-manager" },
  scheduler: { commonName: "system:kube-scheduler" },
  "kube-proxy": { commonName: "system:kube-proxy" },
};

function openssl(...args: string[]): void {
  execFileSync("openssl", args, { stdio: "ignore" });
}

const newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "30"];

function requestFor({ commonName, organization, alternativeNames }: Subject, authority: boolean): string {
  return [
    "[req]\ndistinguished_name = name\nx509_extensions = extensions\nprompt = no",
    `[name]\n${organization ? `O = ${organization}\n` : ""}CN = ${commonName}`,
    "[extensions]\nsubjectKeyIdentifier = hash",
    authority
      ? "basicConstraints = critical, CA:TRUE\nkeyUsage = critical, keyCertSign"
      : "basicConstraints = CA:FALSE",
    authority ? "" : "keyUsage = digitalSignature\nextendedKeyUsage = clientAuth, serverAuth",
    alternativeNames ? `subjectAltName = ${alternativeNames.join(", ")}` : "",
  ].join("\n");
}

function issue(folder: string, name: string, subject: Subject): void {
  const at = (suffix: string) => path.join(folder, `${name}.${suffix}`);
  writeFileSync(at("cnf"), requestFor(subject, name === "ca"));
  const issuer = name === "ca" ? [] : ["-CA", path.join(folder, "ca.crt"), "-CAkey", path.join(folder, "ca.key")];
  openssl("req", "-x509", "-config", at("cnf"), ...newKey, "-keyout", at("key"), "-out", at("crt"), ...issuer);
}

export function makeCertificates(folder: string): void {
  issue(folder, "ca", { commonName: "berth-test-cluster" });
  for (const [name, subject] of Object.entries(subjects)) issue(folder, name, subject);
  // The API server reads its token key only in the older SEC 1 form.
  openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", path.join(folder, "sa.key"));
}

export function writeKubeconfigs(pki: string, directory: string): void {
  const read = (name: string) => readFileSync(path.join(pki, name)).toString("base64");
  for (const name of Object.keys(subjects)) {
    const user = { "client-certificate-data": read(`${name}.crt`), "client-key-data": read(`${name}.key`) };
    const text = kubeconfigFor(apiServerUrl, read("ca.crt"), user);
    writeFileSync(path.join(directory, `${name}.kubeconfig`), text, { mode: 0o600 });
  }
}
