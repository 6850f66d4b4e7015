import type pg from "pg";

/** What a restored database must not bring along: who led, what the edges heard, which migrations ran. */
const leftOut = new Set(["leases", "stream_changes", "stream_revision"]);
const rowsAtOnce = 1000;

/** The tables that are kept, each after those it refers to. */
export async function tablesInOrder(client: pg.Client): Promise<string[]> {
  const { rows } = await client.query<{ name: string; needs: string[] }>(
    `select c.relname as name,
            coalesce(array_agg(t.relname::text) filter (where t.relname is not null and t.oid <> c.oid), '{}') as needs
       from pg_class c
       join pg_namespace n on n.oid = c.relnamespace and n.nspname = 'public'
       left join pg_constraint f on f.conrelid = c.oid and f.contype = 'f'
       left join pg_class t on t.oid = f.confrelid
      where c.relkind in ('r', 'p') and not c.relispartition
      group by c.relname order by c.relname`,
  );
  const left = new Map(rows.filter(({ name }) => !leftOut.has(name)).map(({ name, needs }) => [name, needs]));
  const ordered: string[] = [];
  while (left.size > 0) {
    const next = [...left].find(([, needs]) => needs.every((need) => !left.has(need)))?.[0];
    if (next === undefined) throw new Error(`These tables refer to each other: ${[...left.keys()].join(", ")}`);
    left.delete(next);
    ordered.push(next);
  }
  return ordered;
}

/** The rows of one table as PostgreSQL writes them in JSON: text, because a JavaScript number can't hold every bigint. */
export async function* rowsOf(client: pg.Client, table: string): AsyncGenerator<string> {
  await client.query(`declare dumped no scroll cursor for select to_jsonb(t)::text as row from ${quoted(table)} t`);
  for (;;) {
    const { rows } = await client.query<{ row: string }>(`fetch ${rowsAtOnce} from dumped`);
    for (const { row } of rows) yield row;
    if (rows.length < rowsAtOnce) break;
  }
  await client.query("close dumped");
}

/** Rows as `rowsOf` gave them. A column the backup doesn't know yet gets its default. */
export async function insertRows(client: pg.Client, table: string, rows: readonly string[]): Promise<void> {
  const [first] = rows;
  if (first === undefined) return;
  const known = new Set((await columnsOf(client, table)).map(({ name }) => name));
  const columns = Object.keys(JSON.parse(first) as Record<string, unknown>).filter((name) => known.has(name));
  const list = columns.map(quoted).join(", ");
  await client.query(
    `insert into ${quoted(table)} (${list}) overriding system value
     select ${list} from jsonb_populate_recordset(null::${quoted(table)}, $1::jsonb)`,
    [`[${rows.join(",")}]`],
  );
}

/** Numbers that PostgreSQL gives out go on after the largest there is. */
export async function advanceSequences(client: pg.Client, table: string): Promise<void> {
  for (const { name, sequence } of await columnsOf(client, table))
    if (sequence !== null)
      await client.query(
        `select setval($1::regclass, coalesce((select max(${quoted(name)}) from ${quoted(table)}), 0) + 1, false)`,
        [sequence],
      );
}

async function columnsOf(client: pg.Client, table: string): Promise<{ name: string; sequence: string | null }[]> {
  const { rows } = await client.query<{ name: string; sequence: string | null }>(
    `select attname as name, pg_get_serial_sequence($1, attname) as sequence
       from pg_attribute where attrelid = $1::regclass and attnum > 0 and not attisdropped and attgenerated = ''`,
    [quoted(table)],
  );
  return rows;
}

export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
