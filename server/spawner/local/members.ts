import { markerVariable, type RunFacts } from "./adopt.ts";
import { processesIn } from "./limits-cgroup.ts";
import { hasVariable, listProcesses, type ProcessStat, readProcess, realUidOf } from "./processes.ts";

/**
 * Every process of a run but its supervisor, whatever became of their parents. A cgroup knows. Else: those that carry
 * the run's marker, are in its session, descend from one that is, or (where the account has no other run) run under the
 * account. Names say nothing.
 */
export function membersOf(facts: RunFacts, accountIsItsOwn: boolean): ProcessStat[] {
  const { record, supervisor } = facts;
  const spare = facts.supervised ? supervisor?.pid : undefined;
  const stats =
    record.cgroups.length > 0
      ? processesIn(record.cgroups).flatMap((pid) => readProcess(pid) ?? [])
      : relatives(facts, accountIsItsOwn);
  return stats.filter(({ pid }) => pid !== spare);
}

function relatives({ record, supervisor, supervised }: RunFacts, accountIsItsOwn: boolean): ProcessStat[] {
  const all = listProcesses();
  const known = new Set<number>();
  for (const stat of all) {
    const inSession = supervised && stat.session === supervisor?.pid;
    if (inSession || hasVariable(stat.pid, markerVariable, record.attempt)) known.add(stat.pid);
    else if (accountIsItsOwn && record.uid !== null && realUidOf(stat.pid) === record.uid) known.add(stat.pid);
  }
  for (let before = -1; before !== known.size; ) {
    before = known.size;
    for (const stat of all) if (known.has(stat.parent)) known.add(stat.pid);
  }
  return all.filter(({ pid }) => known.has(pid) && pid !== process.pid);
}
