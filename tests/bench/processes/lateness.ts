import { answer, onOrder } from "../child-side.ts";

/** Says how late this machine wakes a process that asked for it, in milliseconds, since it was last asked. */
const everyMs = 5;
let late: number[] = [];
let dueMs = performance.now() + everyMs;
const look = () => {
  const nowMs = performance.now();
  late.push(nowMs - dueMs);
  dueMs = nowMs + everyMs;
  setTimeout(look, everyMs);
};
look();
onOrder(async () => {
  const taken = late;
  late = [];
  return { late: taken };
});
answer({});
