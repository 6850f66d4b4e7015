import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";

export const nginxPath = "/usr/sbin/nginx";

export type RunningNginx = { stop(): Promise<void> };

type Wanted = { readonly name: string; readonly port: number; readonly to: number };

/** nginx as docs/deploying.md sets it up, with names, ports and a certificate for this machine. */
export async function startNginx(wanted: Wanted): Promise<RunningNginx> {
  const folder = mkdtempSync(path.join(tmpdir(), "berth-nginx-"));
  const [cert, key] = [path.join(folder, "cert.pem"), path.join(folder, "key.pem")];
  execFileSync(
    "openssl",
    [
      ...["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", `/CN=${wanted.name}`],
      ...["-keyout", key, "-out", cert],
    ],
    { stdio: "ignore" },
  );
  const site = documentedSite()
    .replaceAll("hub.example.org;", `${wanted.name};`)
    .replace("hub.example.org *.users.example.org", "_")
    .replace("listen 443 ssl", `listen 127.0.0.1:${wanted.port} ssl`)
    .replace("/etc/ssl/hub.example.org.pem", cert)
    .replace("/etc/ssl/hub.example.org.key", key)
    .replace("127.0.0.1:8000", `127.0.0.1:${wanted.to}`);
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
    .map((kind) => `${kind}_temp_path ${folder}/${kind};`)
    .join(" ");
  const file = path.join(folder, "nginx.conf");
  writeFileSync(file, `daemon off; pid ${folder}/pid; events {} http { access_log off; ${temporary}\n${site}\n}`);
  const child = spawn(nginxPath, ["-p", folder, "-c", file, "-e", "stderr"], {
    stdio: ["ignore", "ignore", "inherit"],
  });
  await listening(child, wanted.port);
  return {
    stop: async () => {
      const ended = once(child, "exit");
      child.kill("SIGTERM");
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function documentedSite(): string {
  const docs = readFileSync(path.resolve(import.meta.dirname, "../../docs/deploying.md"), "utf8");
  const site = /```nginx\n([\s\S]*?)```/.exec(docs)?.[1];
  if (site === undefined) throw new Error("docs/deploying.md shows no nginx any more");
  return site;
}

async function listening(child: ChildProcess, port: number): Promise<void> {
  for (let tries = 0; tries < 100; tries++) {
    if (child.exitCode !== null) throw new Error(`nginx ended with ${child.exitCode}`);
    const socket = connect(port, "127.0.0.1");
    const reached = await once(socket, "connect").then(
      () => true,
      () => false,
    );
    socket.destroy();
    if (reached) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error("nginx didn't listen within 5 s");
}
