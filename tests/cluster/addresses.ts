/** Everything the cluster takes on this machine; checked to be free before anything starts. */
export const nodeName = "node1";
export const nodeAddress = "10.250.0.1";
export const podSubnet = "10.244.0.0/24";
export const serviceSubnet = "10.96.0.0/16";
export const kubernetesService = "10.96.0.1";
export const nodeBridge = "berth-node0";
export const podBridge = "berth-pods0";

export const ports = {
  etcd: 2379,
  "etcd's peers": 2380,
  "the API server": 6443,
  "the kubelet's health": 10248,
  "kube-proxy's metrics": 10249,
  "the kubelet": 10250,
  "kube-proxy's health": 10256,
  "the controller manager": 10257,
  "the scheduler": 10259,
} as const;

export const apiServerUrl = `https://${nodeAddress}:${ports["the API server"]}`;

function range(subnet: string): { first: number; last: number } {
  const [address = "", bits = "32"] = subnet.split("/");
  const value = address.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
  const size = 2 ** (32 - Number(bits));
  const first = value - (value % size);
  return { first, last: first + size - 1 };
}

export function overlap(one: string, other: string): boolean {
  const a = range(one);
  const b = range(other);
  return a.first <= b.last && b.first <= a.last;
}
