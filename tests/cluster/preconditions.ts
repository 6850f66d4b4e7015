import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { createServer } from "node:net";
import { nodeAddress, nodeBridge, overlap, podBridge, podSubnet, ports, serviceSubnet } from "./addresses.ts";
import { kubepodsFolders } from "./cgroups.ts";
import { chainsIn } from "./iptables.ts";

type Route = { dst: string; dev: string };

function routes(): Route[] {
  return JSON.parse(execFileSync("ip", ["-j", "-4", "route", "show", "table", "all"], { encoding: "utf8" }));
}

function portIsFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen({ port, host: "0.0.0.0", exclusive: true }, () => server.close(() => resolve(true)));
  });
}

/** One sentence for everything on this machine that is in the cluster's way; empty when it can start. */
export async function obstacles(): Promise<string[]> {
  const found: string[] = [];
  for (const [user, port] of Object.entries(ports))
    if (!(await portIsFree(port))) found.push(`Port ${port}, which ${user} needs, is in use.`);
  const links = readdirSync("/sys/class/net");
  for (const bridge of [nodeBridge, podBridge])
    if (links.includes(bridge)) found.push(`There is a network interface ${bridge} already.`);
  for (const subnet of [`${nodeAddress}/32`, podSubnet, serviceSubnet])
    for (const { dst, dev } of routes())
      if (/^\d/.test(dst) && overlap(subnet, dst)) found.push(`${subnet} overlaps ${dst}, which is routed to ${dev}.`);
  for (const folder of kubepodsFolders()) found.push(`${folder} exists: another kubelet runs here, or ended badly.`);
  for (const command of ["iptables", "ip6tables"] as const)
    if (chainsIn(command).some((chain) => chain.startsWith("KUBE-")))
      found.push(`${command} holds KUBE- chains of another Kubernetes.`);
  const swaps = readFileSync("/proc/mounts", "utf8").includes(" /sys/fs/cgroup");
  if (!swaps) found.push("No cgroups are mounted at /sys/fs/cgroup.");
  return found;
}
