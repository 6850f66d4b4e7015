/** Processes in sessions of their own: Ctrl-C doesn't reach them, so whoever started them ends them, however it ends itself. */
const pids = new Set<number>();

export function endWithUs(pid: number): void {
  pids.add(pid);
}

process.on("exit", () => {
  for (const pid of pids)
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      // It has ended already, as it should.
    }
});
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, () => process.exit(1));
