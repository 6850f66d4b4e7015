import { sql } from "drizzle-orm";
import type { Db } from "#db/client.ts";

/**
 * The database itself watches: a reservation that is made or grows while its group's sum is beyond what binds then (the lower of quota
 * and ceiling) is refused with an error nobody catches. Sums grow by nothing else, so no sum passes its quota in a run without that error.
 */
export async function watchQuotas(db: Db): Promise<void> {
  const kinds = [
    ["servers", "count(*)", "1"],
    ["gpus", "sum(gpus)", "new.gpus"],
    ["cpuLimitMillicores", "sum(cpu_limit_millicores)", "new.cpu_limit_millicores"],
    ["memoryLimitBytes", "sum(memory_limit_bytes)", "new.memory_limit_bytes"],
    ["cpuRequestMillicores", "sum(cpu_request_millicores)", "new.cpu_request_millicores"],
    ["memoryRequestBytes", "sum(memory_request_bytes)", "new.memory_request_bytes"],
  ];
  // A start that takes none of a resource doesn't make its sum grow, and may go on where that one's quota was lowered.
  const checks = kinds.map(
    ([key, sum, taken]) => `select least((g.quota ->> '${key}')::numeric, (g.ceiling ->> '${key}')::numeric) into hard;
      select ${sum} into used from reservations where group_id = new.group_id;
      if ${taken} > 0 and used > hard then raise exception 'the sum of ${key} is % of %', used, hard; end if;`,
  );
  await db.execute(
    sql.raw(`create or replace function watch_quota() returns trigger language plpgsql as $$
    declare g groups%rowtype; hard numeric; used numeric;
    begin
      if tg_op = 'UPDATE' then
        if (old.group_id, old.gpus, old.cpu_limit_millicores, old.memory_limit_bytes)
          is not distinct from (new.group_id, new.gpus, new.cpu_limit_millicores, new.memory_limit_bytes) then return null; end if;
      end if;
      select * into g from groups where id = new.group_id;
      ${checks.join("\n")}
      return null;
    end $$`),
  );
  await db.execute(
    sql.raw(
      `create or replace trigger watch_quota after insert or update on reservations for each row execute function watch_quota()`,
    ),
  );
}
