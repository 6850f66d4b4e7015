import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { expect, test } from "vitest";
import { createLog } from "#server/log.ts";
import { untilDatabaseAnswers } from "#server/roles/wait-for-database.ts";
import { databaseServer } from "#tests/database.ts";

const log = createLog("test", "silent");

test("a hub that is there before its database waits for it, and ends at once for what waiting doesn't mend", async () => {
  const closed = createServer();
  await new Promise<void>((resolve) => closed.listen(0, "127.0.0.1", resolve));
  const { port } = closed.address() as AddressInfo;
  await new Promise((resolve) => closed.close(resolve));
  const nobody = `postgresql://berth@127.0.0.1:${port}/berth`;
  const giveUp = new AbortController();
  let over = false;
  const waiting = untilDatabaseAnswers({ databaseUrl: nobody, log, signal: giveUp.signal }).finally(() => {
    over = true;
  });
  await untilDatabaseAnswers({ databaseUrl: await databaseServer(), log });
  expect(over).toBe(false);
  giveUp.abort(new Error("told to end"));
  await expect(waiting).rejects.toThrow("told to end");
  const missing = (await databaseServer()).replace(/(postgresql:\/\/\/)[^?]*/, "$1nosuchdatabase");
  await expect(untilDatabaseAnswers({ databaseUrl: missing, log })).rejects.toThrow("does not exist");
});
