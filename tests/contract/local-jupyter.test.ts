import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { request } from "node:http";
import { expect, test } from "vitest";
import { WebSocket } from "ws";
import { appFor } from "#server/profiles/app.ts";
import type { SpawnOrder, Target } from "#server/spawner/spawner.ts";
import { testJupyter } from "#tests/jupyter.ts";
import { localHarness } from "./local-harness.ts";
import { startUntilStarted, stopUntilGone, until, untilKind } from "./spawner.contract.ts";

const never = new AbortController().signal;
const MiB = 1024 ** 2;

function socketOf(target: Target): string {
  if (target.kind !== "unix") throw new Error("JupyterLab was to listen on a socket");
  return target.path;
}

function ask(order: SpawnOrder, target: Target, method: string, at: string): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const headers = { authorization: `token ${order.secret}` };
    const asking = request(
      { socketPath: socketOf(target), method, path: order.prefix + at, headers, agent: false },
      (response) => {
        let body = "";
        response.setEncoding("utf8").on("data", (chunk: string) => {
          body += chunk;
        });
        response.on("end", () => resolve({ status: response.statusCode ?? 0, body }));
      },
    );
    asking.once("error", reject).end();
  });
}

/** Runs one cell over the kernel's WebSocket and returns what it computed. */
function execute(order: SpawnOrder, target: Target, kernel: string, code: string): Promise<string> {
  const session = randomUUID();
  const url = `ws+unix://${socketOf(target)}:${order.prefix}api/kernels/${kernel}/channels?session_id=${session}`;
  const socket = new WebSocket(url, { headers: { authorization: `token ${order.secret}` } });
  return new Promise((resolve, reject) => {
    socket.once("error", reject);
    socket.once("open", () => {
      const header = {
        msg_id: randomUUID(),
        msg_type: "execute_request",
        username: "",
        session,
        date: new Date().toISOString(),
        version: "5.3",
      };
      const content = {
        code,
        silent: false,
        store_history: false,
        user_expressions: {},
        allow_stdin: false,
        stop_on_error: true,
      };
      socket.send(JSON.stringify({ channel: "shell", header, parent_header: {}, metadata: {}, content }));
    });
    socket.on("message", (data) => {
      const message = JSON.parse(data.toString());
      if (message.msg_type === "error") reject(new Error(message.content.evalue));
      if (message.msg_type === "execute_result") resolve(message.content.data["text/plain"]);
    });
  }).finally(() => socket.close()) as Promise<string>;
}

/** What a user does who misses a package: the environment is shared and closed to them, so it lands in their home. */
async function installFromACell(order: SpawnOrder, target: Target, kernel: string): Promise<void> {
  const install = "['-q', 'install', '--disable-pip-version-check', 'iniconfig==2.0.0']";
  const pip = `__import__('subprocess').run([__import__('sys').executable, '-m', 'pip', *${install}], capture_output=True, text=True)`;
  expect(await execute(order, target, kernel, `(lambda p: (p.returncode, p.stderr))(${pip})`)).toMatch(/^\(0, /);
  const fresh = JSON.parse((await ask(order, target, "POST", "api/kernels")).body);
  const where = await execute(order, target, fresh.id, "__import__('iniconfig').__file__");
  expect(where).toMatch(/\/homes\/user-7\/\.local\/lib\/python3/);
  const lab = await execute(order, target, fresh.id, "__import__('jupyter_server').__file__");
  expect(lab).not.toContain("/homes/");
}

test("a real JupyterLab: a cell runs over the WebSocket, and its kernel's channels are closed to the other users of the machine; `pip install` needs nobody's help", async () => {
  const jupyter = await testJupyter();
  const harness = localHarness({ jupyterCommand: jupyter });
  try {
    const base = harness.orderOf("serves", { user: 7 });
    const app = appFor({}, "local");
    const order = {
      ...base,
      spec: {
        ...base.spec,
        app,
        cpu: { limitMillicores: 2000, guaranteeMillicores: 100 },
        memory: { limitBytes: 1024 * MiB, guaranteeBytes: MiB },
        processLimit: 500,
      },
    };
    await startUntilStarted(harness.spawner, order);
    const { target } = await untilKind(harness.spawner, order.ref, "running");
    await until(
      async () =>
        (await harness.spawner.observe(order.ref, never)).kind === "running" &&
        (await ask(order, target, "GET", "api").catch(() => null))?.status === 200,
      "JupyterLab",
    );
    expect((await ask({ ...order, secret: "wrong" }, target, "GET", "api/contents")).status).toBe(403);
    const kernel = JSON.parse((await ask(order, target, "POST", "api/kernels")).body);
    expect(await execute(order, target, kernel.id, "6*7")).toBe("42");
    const about = await execute(
      order,
      target,
      kernel.id,
      "__import__('os').getcwd() + ' ' + str(__import__('os').getuid())",
    );
    expect(about).toContain("/homes/user-7");
    if (order.owner.uid !== null) {
      expect(about).toContain(String(order.owner.uid));
      const listening = ["/proc/net/tcp", "/proc/net/tcp6"].flatMap((file) =>
        readFileSync(file, "utf8")
          .split("\n")
          .filter((line) => / 0A /.test(line) && line.trim().split(/\s+/)[7] === String(order.owner.uid)),
      );
      // The one port is ipykernel's inlet for output of forked children (iostream.IOPubThread._setup_event_pipe): it says nothing
      // to anybody and takes only what begins with its secret. The kernel's channels are sockets in the closed folder.
      expect(listening.length).toBeLessThanOrEqual(1);
      const file = await execute(
        order,
        target,
        kernel.id,
        "open(__import__('ipykernel').connect.get_connection_file()).read()",
      );
      expect(file).toMatch(/"transport": "ipc"/);
    }
    await installFromACell(order, target, kernel.id);
    await stopUntilGone(harness.spawner, order.ref);
    expect(await harness.spawner.observeAll(AbortSignal.timeout(1000))).toEqual([]);
  } catch (error) {
    const lines = await harness.spawner.logTail(harness.orderOf("serves").ref, 30);
    throw new Error(`the server said:\n${lines.join("\n")}`, { cause: error });
  } finally {
    await harness.close();
  }
}, 180_000);
