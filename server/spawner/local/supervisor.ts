/**
 * A shell of a few lines stands between the hub and each server: it outlives the hub, holds the server's lock, writes
 * down who it is before anything starts and how the server ended. So exactly one run exists however often, and by however
 * many hubs, a start is asked for, and a crash of the hub at any line loses nothing:
 *  - flock(2) lets one supervisor a server live; the kernel opens the lock when it dies.
 *  - Under the lock: without the order of this attempt (taken away by a stop) or after an earlier run of this
 *    generation, it ends with 75 and has started nothing.
 *  - `echo 0 > cgroup.procs` moves the shell itself, so the server is born inside its limits.
 *  - A shell starts background commands with SIGINT ignored (POSIX 2.11), which would break "interrupt kernel" and
 *    Ctrl-C in terminals: env(1) puts that right.
 *  - It survives SIGTERM, so that it can say how the server ended; a signal cuts `wait` short, hence the loop.
 */
export const supervisorScript = `
folder=$1 generation=$2 attempt=$3 groups=$4
shift 4
exec 9<"$folder/lock" || exit 75
flock -n 9 || exit 75
read -r asked <"$folder/order-$generation.json" && [ "$asked" = "$attempt" ] || exit 75
[ ! -s "$folder/run-$generation" ] || exit 75
while [ "$groups" -gt 0 ]; do
  echo 0 >"$1/cgroup.procs" || { echo "berth: this server could not be put under its limits"; exit 75; }
  shift
  groups=$((groups - 1))
done
read -r stat </proc/$$/stat && printf '%s\\n' "$stat" >"$folder/run-$generation" || exit 75
echo -900 2>/dev/null >/proc/$$/oom_score_adj
trap : TERM INT HUP QUIT
(
  echo 0 2>/dev/null >/proc/self/oom_score_adj
  read -r stat </proc/self/stat && printf '%s\\n' "$stat" >"$folder/app-$generation" || exit 126
  exec env --default-signal=INT,QUIT "$@"
) 9<&- &
while :; do
  wait $!
  status=$?
  kill -0 $! 2>/dev/null || break
done
printf '%s\\n' "$status" >"$folder/exit-$generation"
`;

/** Runs as the server's own account: what a profile or a user put into the environment never reaches a shell of root's. */
export const enterScript = `. "$0" && exec "$@"`;

type Supervised = {
  readonly folder: string;
  readonly generation: number;
  readonly attempt: string;
  readonly cgroups: readonly string[];
  /** Drops rights, sets limits; ends where the command begins. */
  readonly wrapper: readonly string[];
  readonly environmentFile: string;
  readonly command: readonly string[];
};

export function supervisorArguments(run: Supervised): string[] {
  const { folder, generation, attempt, cgroups, wrapper, environmentFile, command } = run;
  const own = ["-c", supervisorScript, "berth-server", folder, String(generation), attempt];
  const entered = ["/bin/sh", "-c", enterScript, environmentFile, ...command];
  return [...own, String(cgroups.length), ...cgroups, ...wrapper, ...entered];
}

/** What the app's own account does before the app: its folder is entered, and made, with its rights alone. */
export function entranceScript(environment: Readonly<Record<string, string>>, directory: string): string {
  return `umask 022\n${environmentScript(environment)}mkdir -p "$HOME" || exit 126\ncd -- ${quoted(directory)} || exit 126\n`;
}

/** Names a POSIX shell can't say are left out. */
function environmentScript(environment: Readonly<Record<string, string>>): string {
  return Object.entries(environment)
    .filter(([name, value]) => /^[A-Za-z_][A-Za-z0-9_]*$/.test(name) && !value.includes("\0"))
    .map(([name, value]) => `export ${name}=${quoted(value)}\n`)
    .join("");
}

/** In single quotes, in which a POSIX shell reads nothing but the closing one. */
function quoted(value: string): string {
  return `'${value.replaceAll("'", "'\\''")}'`;
}
