/** What a table shows, as its address says it: a link to it shows the same. */
export type ListState<Sort extends string> = { readonly search: string; readonly sort: Sort; readonly page: number };

type Query = Readonly<Record<string, string | string[] | undefined>>;

export function listStateOf<Sort extends string>(query: Query, sorts: readonly [Sort, ...Sort[]]): ListState<Sort> {
  const text = (key: string) => (typeof query[key] === "string" ? query[key] : "");
  const page = Number(text("page"));
  return {
    search: text("search").slice(0, 255),
    sort: sorts.find((sort) => sort === text("sort")) ?? sorts[0],
    page: Number.isInteger(page) && page > 0 && page <= 1_000_000 ? page : 1,
  };
}

export function listQuery(
  state: Readonly<Record<string, string | number>>,
  defaults: Readonly<Record<string, string | number>>,
): string {
  const query = new URLSearchParams();
  for (const [key, value] of Object.entries(state)) if (value !== defaults[key]) query.set(key, String(value));
  const text = query.toString();
  return text === "" ? "" : `?${text}`;
}
