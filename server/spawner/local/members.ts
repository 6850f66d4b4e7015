import { markerVariable, type RunFacts } from "./adopt.ts";
import { processesIn } from "./limits-cgroup.ts";
import { hasVariable, listProcesses, type ProcessStat, readProcess } from "./processes.ts";

/**
 * Every process of a run but its supervisor, whatever became of their parents. A cgroup knows. Else: those that carry
 * the run's marker, are in its session, or descend from one that is. Names say nothing, and the account does not say
 * enough: another installation, or a rootless container, may use the same numbers.
 */
export function membersOf(facts: RunFacts): ProcessStat[] {
  const { record, supervisor } = facts;
  const spare = facts.supervised ? supervisor?.pid : undefined;
  const stats =
    record.cgroups.length > 0 ? processesIn(record.cgroups).flatMap((pid) => readProcess(pid) ?? []) : relatives(facts);
  return stats.filter(({ pid }) => pid !== spare);
}

function relatives({ record, supervisor, supervised }: RunFacts): ProcessStat[] {
  const all = listProcesses();
  const known = new Set<number>();
  for (const stat of all) {
    const inSession = supervised && stat.session === supervisor?.pid;
    if (inSession || hasVariable(stat.pid, markerVariable, record.attempt)) known.add(stat.pid);
  }
  for (let before = -1; before !== known.size; ) {
    before = known.size;
    for (const stat of all) if (known.has(stat.parent)) known.add(stat.pid);
  }
  return all.filter(({ pid }) => known.has(pid) && pid !== process.pid);
}
