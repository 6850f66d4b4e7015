import { ArrowDown, ArrowUp } from "lucide-react";
import type { ReactNode } from "react";
import { t } from "#app/_text/t.ts";
import { classNames } from "./class-names.ts";

type TableProps = { readonly label: string; readonly head: ReactNode; readonly children: ReactNode };

/** Scrolls sideways by itself on a phone; the page never does. */
export function Table({ label, head, children }: TableProps) {
  return (
    <section
      // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so the keyboard must reach it (WCAG 2.1.1)
      tabIndex={0}
      aria-label={label}
      className="relative overflow-x-auto rounded-lg border border-line bg-surface"
    >
      <table className="w-full border-collapse text-left text-sm">
        <thead className="border-b border-line bg-sunken">
          <tr>{head}</tr>
        </thead>
        <tbody className="divide-y divide-line">{children}</tbody>
      </table>
    </section>
  );
}

/** For columns a phone has no room for. */
const wideOnly = "max-sm:hidden";

export function HeadCell({ wide = false, children }: { readonly wide?: boolean; readonly children: ReactNode }) {
  return (
    <th
      scope="col"
      className={classNames(
        "px-3 py-2.5 font-medium [overflow-wrap:normal] sm:px-4 sm:whitespace-nowrap",
        wide && wideOnly,
      )}
    >
      {children}
    </th>
  );
}

type CellProps = { readonly className?: string; readonly wide?: boolean; readonly children: ReactNode };

export function Cell({ className, wide = false, children }: CellProps) {
  return <td className={classNames("px-3 py-2 align-middle sm:px-4", wide && wideOnly, className)}>{children}</td>;
}

type SortProps<Key extends string> = {
  readonly field: Key;
  /** The field, with a minus for the other direction. */
  readonly sort: string;
  readonly wide?: boolean;
  readonly children: string;
  onSort(sort: Key | `-${Key}`): void;
};

export function SortCell<Key extends string>({ field, sort, wide = false, children, onSort }: SortProps<Key>) {
  const direction = sort === field ? "ascending" : sort === `-${field}` ? "descending" : "none";
  const Icon = direction === "descending" ? ArrowDown : ArrowUp;
  return (
    <th
      scope="col"
      aria-sort={direction}
      className={classNames("px-1 py-1.5 font-medium sm:px-2 whitespace-nowrap", wide && wideOnly)}
    >
      <button
        type="button"
        className="inline-flex min-h-7 items-center gap-1.5 rounded px-2 hover:bg-line"
        onClick={() => onSort(direction === "ascending" ? `-${field}` : field)}
      >
        {children}
        <Icon aria-hidden className={classNames("size-3.5", direction === "none" && "invisible")} />
      </button>
    </th>
  );
}

type PagerProps = {
  readonly page: number;
  readonly pageSize: number;
  readonly total: number;
  onPage(page: number): void;
};

export function Pager({ page, pageSize, total, onPage }: PagerProps) {
  const last = Math.max(1, Math.ceil(total / pageSize));
  const from = total === 0 ? 0 : (page - 1) * pageSize + 1;
  const button =
    "min-h-9 rounded-md border border-line-strong/60 bg-surface px-3 text-sm hover:not-disabled:bg-sunken disabled:opacity-60";
  return (
    <nav aria-label={t("pager.label")} className="flex flex-wrap items-center justify-between gap-3">
      <p role="status" className="text-sm text-muted">
        {t("pager.range", { from, to: Math.min(total, page * pageSize), total })}
      </p>
      <div className="flex gap-2">
        <button type="button" className={button} disabled={page <= 1} onClick={() => onPage(page - 1)}>
          {t("pager.previous")}
        </button>
        <button type="button" className={button} disabled={page >= last} onClick={() => onPage(page + 1)}>
          {t("pager.next")}
        </button>
      </div>
    </nav>
  );
}
