import { execFileSync } from "node:child_process";

export type IptablesCommand = "iptables" | "ip6tables";

export function saveTables(command: IptablesCommand): string {
  return execFileSync(`${command}-save`, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
}

type Table = { chains: Map<string, string>; rules: string[] };

export function parseTables(saved: string): Map<string, Table> {
  const tables = new Map<string, Table>();
  let table: Table = { chains: new Map(), rules: [] };
  for (const line of saved.split("\n")) {
    if (line.startsWith("*")) {
      table = { chains: new Map(), rules: [] };
      tables.set(line.slice(1), table);
    } else if (line.startsWith(":")) {
      const [name = "", policy = ""] = line.slice(1).split(" ");
      table.chains.set(name, policy);
    } else if (line.startsWith("-A ")) table.rules.push(line);
  }
  return tables;
}

export function chainsIn(command: IptablesCommand): string[] {
  return [...parseTables(saveTables(command)).values()].flatMap((table) => [...table.chains.keys()]);
}

/** Chains without a policy are user-defined; a built-in one can be neither added nor removed. */
function added(before: Table | undefined, now: Table): string[] {
  return [...now.chains].filter(([name, policy]) => policy === "-" && !before?.chains.has(name)).map(([name]) => name);
}

function target(rule: string): string {
  return / -[jg] (\S+)/.exec(rule)?.[1] ?? "";
}

/**
 * What `iptables-restore --noflush` has to do so that the chains added since `before`, and the jumps to them, are gone. Rules
 * that others added or removed meanwhile stay as they are; a whole restore would undo them too.
 */
export function undoScript(before: string, now: string): string {
  const earlier = parseTables(before);
  const script: string[] = [];
  for (const [name, table] of parseTables(now)) {
    const chains = added(earlier.get(name), table);
    if (chains.length === 0) continue;
    const jumps = table.rules.filter(
      (rule) => chains.includes(target(rule)) && !chains.includes(rule.split(" ")[1] ?? ""),
    );
    script.push(`*${name}`, ...jumps.map((rule) => rule.replace("-A", "-D")));
    script.push(...chains.map((chain) => `-F ${chain}`), ...chains.map((chain) => `-X ${chain}`), "COMMIT");
  }
  return script.length === 0 ? "" : `${script.join("\n")}\n`;
}

/** Tables that came into being and hold nothing but built-in chains that let everything pass. */
export function emptyNewTables(before: string, now: string): string[] {
  const earlier = parseTables(before);
  return [...parseTables(now)]
    .filter(([name, table]) => !earlier.has(name) && table.rules.length === 0)
    .filter(([, table]) => [...table.chains.values()].every((policy) => policy === "ACCEPT"))
    .map(([name]) => name);
}

export function undoTables(command: IptablesCommand, before: string): void {
  const script = undoScript(before, saveTables(command));
  if (script !== "") execFileSync(`${command}-restore`, ["--noflush"], { input: script });
  const family = command === "iptables" ? "ip" : "ip6";
  for (const table of emptyNewTables(before, saveTables(command))) {
    // Only the nftables variant can drop a table; with the legacy one an empty table belongs to the kernel module.
    try {
      execFileSync("nft", ["delete", "table", family, table], { stdio: "ignore" });
    } catch {
      return;
    }
  }
}
