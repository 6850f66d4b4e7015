import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { nodeAddress, podBridge, podSubnet } from "./addresses.ts";

const cniPlugins = "/usr/lib/cni";

/** `root` keeps the unpacked images: in the cache, because importing them is most of a start. */
export function containerdSettings(directory: string, root: string): string {
  return `version = 2
root = "${root}"
state = "${directory}/containerd"
[grpc]
  address = "${directory}/containerd.sock"
[ttrpc]
  address = "${directory}/containerd.sock.ttrpc"
[plugins."io.containerd.internal.v1.opt"]
  path = "${directory}/opt"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "localhost/pause:1"
  # Without CAP_SYS_RESOURCE, runc ends with "can't get final child's PID from pipe: EOF".
  restrict_oom_score_adj = true
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "${cniPlugins}"
    conf_dir = "${directory}/cni"
  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
      SystemdCgroup = false
`;
}

function podNetwork(directory: string): object {
  const addresses = {
    type: "host-local",
    ranges: [[{ subnet: podSubnet }]],
    routes: [{ dst: "0.0.0.0/0" }],
    dataDir: path.join(directory, "cni-addresses"),
  };
  const bridge = { type: "bridge", bridge: podBridge, isGateway: true, hairpinMode: true, ipam: addresses };
  return { cniVersion: "0.4.0", name: "berth-pods", plugins: [bridge] };
}

function kubeletSettings(directory: string): object {
  const pki = path.join(directory, "pki");
  return {
    apiVersion: "kubelet.config.k8s.io/v1beta1",
    kind: "KubeletConfiguration",
    cgroupDriver: "cgroupfs",
    containerRuntimeEndpoint: `unix://${directory}/containerd.sock`,
    address: nodeAddress,
    failSwapOn: false,
    // A test's image that takes its time would hold up those of the tests beside it.
    serializeImagePulls: false,
    // A kernel that takes too much dies alone, as on cgroup v1. On version 2 the default ends the whole container (kubelet v1beta1).
    singleProcessOOMKill: true,
    authentication: {
      anonymous: { enabled: false },
      x509: { clientCAFile: path.join(pki, "ca.crt") },
      webhook: { enabled: true },
    },
    authorization: { mode: "Webhook" },
    tlsCertFile: path.join(pki, "kubelet.crt"),
    tlsPrivateKeyFile: path.join(pki, "kubelet.key"),
    evictionHard: { "memory.available": "200Mi", "nodefs.available": "2%", "imagefs.available": "2%" },
    maxPods: 200,
    // Kubernetes' own default is none: what a test of a fork bomb needs, as an operator's node does (docs/deploying.md).
    podPidsLimit: 1024,
    podLogsDir: path.join(directory, "pod-logs"),
    volumePluginDir: path.join(directory, "volume-plugins"),
  };
}

export function volumeSettings(directory: string): object {
  const nodePathMap = [{ node: "DEFAULT_PATH_FOR_NON_LISTED_NODES", paths: [path.join(directory, "volumes")] }];
  return { nodePathMap };
}

export function writeSettings(directory: string, containerdRoot: string): void {
  for (const folder of ["cni", "log", "pki", "kubelet-pki", "volumes", "pod-logs"])
    mkdirSync(path.join(directory, folder), { recursive: true });
  const write = (name: string, text: string) => writeFileSync(path.join(directory, name), text);
  write("containerd.toml", containerdSettings(directory, containerdRoot));
  write("cni/10-bridge.conflist", JSON.stringify(podNetwork(directory), null, 1));
  write("kubelet.yaml", JSON.stringify(kubeletSettings(directory), null, 1));
  write("local-path.json", JSON.stringify(volumeSettings(directory)));
}
