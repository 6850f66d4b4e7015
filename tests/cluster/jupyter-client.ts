import { randomUUID } from "node:crypto";
import { WebSocket } from "ws";
import type { ServerRow } from "#db/servers.ts";

/** A real JupyterLab in a pod, asked as the edge asks it: by its address, with its own secret. */
export class JupyterClient {
  readonly #base: string;
  readonly #secret: string;

  constructor({ target, secret }: ServerRow, user: string) {
    const { host, port } = target as { host: string; port: number };
    this.#base = `${host}:${port}/user/${user}/api`;
    this.#secret = secret ?? "";
  }

  async ask(method: "GET" | "POST", path: string): Promise<{ status: number; body: unknown }> {
    const response = await fetch(`http://${this.#base}${path}`, { method, headers: this.#headers() });
    const text = await response.text();
    return { status: response.status, body: text === "" ? null : JSON.parse(text) };
  }

  async newKernel(): Promise<string> {
    const { body } = await this.ask("POST", "/kernels");
    return (body as { id: string }).id;
  }

  /** Runs one cell; `died` when the kernel ended before it gave a result. */
  async run(kernel: string, code: string): Promise<string | "died"> {
    const session = randomUUID();
    const address = `ws://${this.#base}/kernels/${kernel}/channels?session_id=${session}`;
    const socket = new WebSocket(address, { headers: this.#headers() });
    try {
      return await new Promise((resolve, reject) => {
        socket.once("error", reject);
        socket.once("open", () => socket.send(executeRequest(session, code)));
        socket.on("message", (data) => {
          const outcome = outcomeOf(JSON.parse(data.toString()));
          if (outcome !== undefined) resolve(outcome);
        });
      });
    } finally {
      socket.close();
    }
  }

  #headers(): Record<string, string> {
    return { authorization: `token ${this.#secret}` };
  }
}

type Message = {
  readonly msg_type: string;
  readonly content: {
    readonly execution_state?: string;
    readonly evalue?: string;
    readonly data?: Record<string, string>;
  };
};

function outcomeOf({ msg_type, content }: Message): string | undefined {
  if (msg_type === "execute_result") return content.data?.["text/plain"] ?? "";
  if (msg_type === "error") return `error: ${content.evalue ?? ""}`;
  const isOver = content.execution_state === "dead" || /restarting$/.test(content.execution_state ?? "");
  return msg_type === "status" && isOver ? "died" : undefined;
}

function executeRequest(session: string, code: string): string {
  const header = {
    msg_id: randomUUID(),
    msg_type: "execute_request",
    username: "",
    session,
    date: new Date().toISOString(),
    version: "5.3",
  };
  const content = { code, silent: false, store_history: false, user_expressions: {}, allow_stdin: false };
  return JSON.stringify({ channel: "shell", header, parent_header: {}, metadata: {}, content });
}
