import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

/** A process of the benchmark. Each part of a measurement is one of its own, so that its CPU time is its own too. */
export type Child = {
  readonly pid: number;
  /** What it said when it was ready. */
  readonly ready: unknown;
  /** Sends one order and gives the one answer. */
  ask(order: unknown): Promise<unknown>;
  /** SIGTERM, then SIGKILL if it is still there after 5 s. */
  stop(): Promise<void>;
};

const running = new Set<ChildProcess>();
process.on("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});

export type ChildOptions = {
  readonly env?: Readonly<Record<string, string>>;
  readonly nodeOptions?: readonly string[];
};

export async function startChild(script: URL, settings: unknown, options: ChildOptions = {}): Promise<Child> {
  const child = fork(fileURLToPath(script), [JSON.stringify(settings)], {
    execArgv: ["--no-warnings", ...(options.nodeOptions ?? [])],
    env: { ...process.env, NODE_ENV: "production", ...options.env },
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
  running.add(child);
  child.once("exit", () => running.delete(child));
  const ready = await answerOf(child, script);
  if (child.pid === undefined) throw new Error(`${script.pathname} has no process id`);
  return {
    pid: child.pid,
    ready,
    ask: async (order) => {
      child.send(order as object);
      return await answerOf(child, script);
    },
    stop: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, "exit");
      child.kill("SIGTERM");
      const timer = setTimeout(() => child.kill("SIGKILL"), 5000);
      await ended;
      clearTimeout(timer);
    },
  };
}

async function answerOf(child: ChildProcess, script: URL): Promise<unknown> {
  const [answer] = await Promise.race([
    once(child, "message"),
    once(child, "exit").then(([code]) => {
      throw new Error(`${script.pathname} ended with ${code} instead of answering`);
    }),
  ]);
  return answer;
}
