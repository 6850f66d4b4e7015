import { readFileSync, statSync } from "node:fs";
import path from "node:path";

/** A system account as /etc/passwd has it. */
export type Account = { name: string; uid: number; gid: number };

export function parseAccounts(passwd: string): Account[] {
  return passwd.split("\n").flatMap((line) => {
    const [name, , uid, gid] = line.split(":");
    return name && uid && gid ? [{ name, uid: Number(uid), gid: Number(gid) }] : [];
  });
}

function accounts(): Account[] {
  return parseAccounts(readFileSync("/etc/passwd", "utf8"));
}

/** The first of these accounts that exists and isn't root's. */
export function accountNamed(names: readonly string[]): Account {
  const known = accounts();
  for (const name of names) {
    const account = known.find((candidate) => candidate.name === name && candidate.uid !== 0);
    if (account) return account;
  }
  throw new Error(`There is no unprivileged account ${names.join(" or ")} on this machine.`);
}

export function accountOfUid(uid: number): Account | undefined {
  return accounts().find((account) => account.uid === uid);
}

/**
 * PostgreSQL refuses uid 0, so root hands it to an unprivileged account; anybody else runs it as themselves.
 */
export function databaseAccount(runAs?: string): Account {
  const own = process.getuid?.() ?? 0;
  if (own !== 0) {
    const account = accountOfUid(own);
    if (!account) throw new Error(`PostgreSQL needs an account name, and uid ${own} has none in /etc/passwd.`);
    return account;
  }
  return accountNamed(runAs === undefined ? ["postgres", "nobody"] : [runAs]);
}

type Permissions = { mode: number; uid: number; gid: number };

/** Whether the mode lets the account do `bit` (4 read, 2 write, 1 enter or run). */
export function permits(file: Permissions, account: Account, bit: 1 | 2 | 4): boolean {
  if (file.uid === account.uid) return (file.mode & (bit << 6)) !== 0;
  if (file.gid === account.gid) return (file.mode & (bit << 3)) !== 0;
  return (file.mode & bit) !== 0;
}

/** The topmost folder above `target` that the account can't enter, if any. */
export function closedParent(target: string, account: Account): string | undefined {
  const parents: string[] = [];
  for (let at = path.dirname(target); ; at = path.dirname(at)) {
    parents.unshift(at);
    if (at === path.dirname(at)) break;
  }
  return parents.find((parent) => {
    const stats = statSync(parent, { throwIfNoEntry: false });
    return stats !== undefined && !permits(stats, account, 1);
  });
}
