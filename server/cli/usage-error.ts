/** The caller's mistake: exit code 2, what is wrong and what to do. */
export class UsageError extends Error {
  readonly next: string;

  constructor(what: string, next: string) {
    super(what);
    this.name = "UsageError";
    this.next = next;
  }
}
