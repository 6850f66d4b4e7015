import { type ChildProcess, spawn } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import superjson from "superjson";
import { homePaths } from "#server/roles/home.ts";
import { freePort } from "#server/spawner/local/free-port.ts";
import { builtBerth } from "#tests/built-berth.ts";
import { type Called, readTrpc, send } from "./portal-client.ts";
import { PortalVisitor } from "./portal-visitor.ts";

export type PortalProcessOptions = {
  readonly config: Record<string, unknown>;
  readonly databaseUrl: string;
  /** What every hub of this installation signs with. */
  readonly signingKeyPem: string;
};

/** One machine of several: `berth serve --role hub` and `--role edge` as processes of their own, in a home of their own. */
export class PortalProcess extends PortalVisitor {
  readonly home: string;
  readonly #children: readonly ChildProcess[];

  private constructor(home: string, port: number, children: readonly ChildProcess[]) {
    super({
      port,
      url: new URL(`http://127.0.0.1:${port}`),
      webInternalSocket: homePaths(home).webInternalSocket,
      originPerUser: false,
    });
    this.home = home;
    this.#children = children;
  }

  static async start({ config, databaseUrl, signingKeyPem }: PortalProcessOptions): Promise<PortalProcess> {
    const home = mkdtempSync(path.join(tmpdir(), "berth-process-"));
    // Servers of the local backend run under accounts of their own.
    chmodSync(home, 0o755);
    const port = await freePort();
    const key = path.join(home, "signing-key.pem");
    writeFileSync(key, signingKeyPem, { mode: 0o600 });
    const hub = { publicUrl: `http://127.0.0.1:${port}`, db: { url: databaseUrl }, signingKeyFile: key };
    const file = path.join(home, "berth.yaml");
    writeFileSync(file, JSON.stringify({ ...config, hub, proxy: { listen: `127.0.0.1:${port}` } }));
    const children: ChildProcess[] = [];
    try {
      for (const role of ["hub", "edge"] as const) children.push(await startRole(role, home, file));
    } catch (error) {
      await endAll(children);
      throw error;
    }
    return new PortalProcess(home, port, children);
  }

  /** As the web role asks: past the edge, on the hub's own socket. */
  async mutateAtHub(headers: Record<string, string>, procedure: string, input: unknown): Promise<Called> {
    const answer = await send({ socketPath: homePaths(this.home).apiSocket }, `/api/trpc/${procedure}`, {
      method: "POST",
      host: this.url.host,
      headers: { "content-type": "application/json", ...headers },
      body: JSON.stringify(superjson.serialize(input)),
    });
    return readTrpc(answer);
  }

  /** JupyterHub's way: a body and a token. */
  async post(token: string, target: string, body: unknown = {}): Promise<Called> {
    const answer = await this.ask(`/hub/api${target}`, {
      method: "POST",
      headers: { "content-type": "application/json", authorization: `token ${token}` },
      body: JSON.stringify(body),
    });
    const { status } = answer;
    if (status < 300) return { status, data: null, code: null, message: "" };
    const { code, message } = answer.json();
    return { status, data: null, code: String(code), message: String(message) };
  }

  async stop(): Promise<void> {
    await endAll(this.#children);
    rmSync(this.home, { recursive: true, force: true });
  }
}

/** A role that says that it is ready. */
async function startRole(role: "hub" | "edge", home: string, file: string): Promise<ChildProcess> {
  const args = [await builtBerth(), "serve", "--role", role, "--home", home, "--config", file];
  const child = spawn(process.execPath, args, {
    stdio: ["ignore", "pipe", "pipe"],
    env: { NODE_ENV: "production", PATH: process.env.PATH ?? "", BERTH_LOG_LEVEL: "warn" },
  });
  let text = "";
  await new Promise<void>((resolve, reject) => {
    const add = (chunk: Buffer) => {
      text += chunk.toString();
      if (text.includes("is ready at")) resolve();
    };
    child.stdout.on("data", add);
    child.stderr.on("data", add);
    child.once("close", () => reject(new Error(`The ${role} ended:\n${text}`)));
  });
  return child;
}

async function endAll(children: readonly ChildProcess[]): Promise<void> {
  for (const child of [...children].reverse()) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    const ended = new Promise((resolve) => child.once("close", resolve));
    child.kill("SIGTERM");
    await ended;
  }
}
