import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { type IncomingHttpHeaders, request } from "node:http";
import { tmpdir } from "node:os";
import path from "node:path";
import { WebSocket } from "ws";
import { testJupyter } from "#tests/jupyter.ts";

/** A real JupyterLab on a socket, started as the preset starts it, with a page's way of speaking to it. */
export class JupyterProcess {
  readonly prefix = "/user/ana/";
  readonly secret = randomUUID();
  readonly #folder = mkdtempSync(path.join(tmpdir(), "berth-jupyter-"));
  #child: ChildProcess | null = null;

  get socket(): string {
    return path.join(this.#folder, "server.sock");
  }

  async start(): Promise<void> {
    const jupyter = await testJupyter();
    const root = process.getuid?.() === 0 ? ["--allow-root"] : [];
    const args = [
      "lab",
      "--no-browser",
      `--ServerApp.base_url=${this.prefix}`,
      `--ServerApp.sock=${this.socket}`,
      ...root,
    ];
    this.#child = spawn(jupyter, [...args, `--ServerApp.root_dir=${this.#folder}`], {
      stdio: "ignore",
      env: { ...process.env, HOME: this.#folder, JUPYTER_TOKEN: this.secret },
    });
    const deadline = performance.now() + 60_000;
    while ((await this.ask("GET", "api/status").catch(() => ({ status: 0 }))).status !== 200) {
      if (performance.now() > deadline) throw new Error("JupyterLab did not come up");
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  async stop(): Promise<void> {
    const child = this.#child;
    if (child !== null && child.exitCode === null) {
      child.kill("SIGTERM");
      await once(child, "exit");
    }
    rmSync(this.#folder, { recursive: true, force: true });
  }

  ask(method: string, at: string): Promise<{ status: number; headers: IncomingHttpHeaders; body: string }> {
    const headers = { authorization: `token ${this.secret}` };
    return new Promise((resolve, reject) => {
      const asking = request(
        { socketPath: this.socket, method, path: this.prefix + at, headers, agent: false },
        (response) => {
          let body = "";
          response.setEncoding("utf8").on("data", (chunk: string) => {
            body += chunk;
          });
          response.on("end", () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body }));
        },
      );
      asking.once("error", reject).end();
    });
  }

  async newKernel(): Promise<string> {
    const { id }: { id: string } = JSON.parse((await this.ask("POST", "api/kernels")).body);
    return id;
  }

  /** Opens the kernel's WebSocket, as a tab does, and runs one cell; the socket stays open. */
  async execute(kernel: string, code: string): Promise<WebSocket> {
    const session = randomUUID();
    const url = `ws+unix://${this.socket}:${this.prefix}api/kernels/${kernel}/channels?session_id=${session}`;
    const socket = new WebSocket(url, { headers: { authorization: `token ${this.secret}` } });
    await once(socket, "open");
    const date = new Date().toISOString();
    const header = { msg_id: randomUUID(), msg_type: "execute_request", username: "", session, date, version: "5.3" };
    const flags = { silent: false, store_history: false, allow_stdin: false, stop_on_error: true };
    const content = { code, user_expressions: {}, ...flags };
    socket.send(JSON.stringify({ header, parent_header: {}, metadata: {}, content, channel: "shell" }));
    return socket;
  }
}
