import path from "node:path";
import { nodeAddress, nodeName, podSubnet, ports, serviceSubnet } from "./addresses.ts";
import { partFile } from "./build.ts";

/** The command line of every process of the cluster. Each one keeps what it writes below `directory`. */
export function commands(directory: string, cache: string): Record<string, string[]> {
  const at = (...parts: string[]) => path.join(directory, ...parts);
  const kube = partFile("kube", cache);
  const config = (name: string) => ["--kubeconfig", at(`${name}.kubeconfig`)];
  return {
    containerd: ["containerd", "-c", at("containerd.toml")],
    etcd: [kube, "etcd", ...etcdOptions(at("etcd"))],
    apiserver: [kube, "kube-apiserver", ...apiServerOptions(at("pki"))],
    "controller-manager": [
      ...[kube, "kube-controller-manager", ...config("controller-manager"), "--leader-elect=false"],
      ...["--service-account-private-key-file", at("pki", "sa.key"), "--root-ca-file", at("pki", "ca.crt")],
      ...["--cluster-signing-cert-file", at("pki", "ca.crt"), "--cluster-signing-key-file", at("pki", "ca.key")],
      ...["--use-service-account-credentials", "--bind-address", "127.0.0.1"],
    ],
    scheduler: [kube, "kube-scheduler", ...config("scheduler"), "--leader-elect=false", "--bind-address", "127.0.0.1"],
    kubelet: [
      ...[kube, "kubelet", "--config", at("kubelet.yaml"), ...config("kubelet"), "--root-dir", at("kubelet")],
      ...["--hostname-override", nodeName, "--node-ip", nodeAddress, "--cert-dir", at("kubelet-pki")],
    ],
    "kube-proxy": [
      ...[kube, "kube-proxy", ...config("kube-proxy"), "--proxy-mode", "iptables", "--cluster-cidr", podSubnet],
      ...["--hostname-override", nodeName, "--metrics-bind-address", `127.0.0.1:${ports["kube-proxy's metrics"]}`],
      ...["--healthz-bind-address", `127.0.0.1:${ports["kube-proxy's health"]}`, "--conntrack-max-per-core", "0"],
      ...["--conntrack-tcp-timeout-established", "0", "--conntrack-tcp-timeout-close-wait", "0"],
    ],
    "local-path": [
      ...[partFile("local-path-provisioner", cache), "start", ...config("admin"), "--config", at("local-path.json")],
      ...["--namespace", "local-path-storage", "--configmap-name", "local-path-config"],
      ...["--service-account-name", "local-path", "--provisioner-name", "rancher.io/local-path"],
    ],
    // Fake pods get loopback addresses, so that one small server on 0.0.0.0 answers for thousands of them.
    kwok: [
      ...[partFile("kwok", cache), ...config("admin"), "--manage-all-nodes=false"],
      ...["--manage-nodes-with-annotation-selector=kwok.x-k8s.io/node=fake", "--cidr=127.16.0.1/12"],
      "--node-ip=127.0.0.1",
    ],
  };
}

function etcdOptions(data: string): string[] {
  const client = `http://127.0.0.1:${ports.etcd}`;
  return [
    ...["--data-dir", data, "--listen-client-urls", client, "--advertise-client-urls", client],
    ...["--listen-peer-urls", `http://127.0.0.1:${ports["etcd's peers"]}`],
    ...["--unsafe-no-fsync", "--quota-backend-bytes", "8589934592"],
  ];
}

function apiServerOptions(pki: string): string[] {
  const key = path.join(pki, "sa.key");
  return [
    ...["--etcd-servers", `http://127.0.0.1:${ports.etcd}`, "--service-cluster-ip-range", serviceSubnet],
    ...["--tls-cert-file", path.join(pki, "apiserver.crt"), "--tls-private-key-file", path.join(pki, "apiserver.key")],
    ...["--client-ca-file", path.join(pki, "ca.crt"), "--service-account-key-file", key],
    ...["--service-account-signing-key-file", key, "--service-account-issuer", "https://kubernetes.default.svc"],
    ...["--authorization-mode", "Node,RBAC", "--enable-admission-plugins", "NodeRestriction", "--allow-privileged"],
    ...["--bind-address", nodeAddress, "--advertise-address", nodeAddress],
    ...["--kubelet-client-certificate", path.join(pki, "admin.crt")],
    ...["--kubelet-client-key", path.join(pki, "admin.key"), "--kubelet-preferred-address-types", "InternalIP"],
  ];
}
