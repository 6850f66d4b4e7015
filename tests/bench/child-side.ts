/** The other end of `startChild`: what it was given, and how it answers. */
export function settings<T>(): T {
  return JSON.parse(process.argv[2] ?? "null") as T;
}

/** Leaves by itself when whoever started it is gone. */
export function answer(value: unknown): void {
  process.once("disconnect", () => process.exit(0));
  process.send?.(value);
}

export function onOrder<T>(carryOut: (order: T) => Promise<unknown>): void {
  process.on("message", (order) => {
    carryOut(order as T).then(
      (value) => process.send?.(value),
      (error: unknown) => {
        console.error(error);
        process.exit(1);
      },
    );
  });
}
