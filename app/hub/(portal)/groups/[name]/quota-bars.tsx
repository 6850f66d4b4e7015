import { classNames } from "#app/_components/class-names.ts";
import { t } from "#app/_text/t.ts";
import type { QuotaBar } from "#server/api/quota-views.ts";

/** Used and hard as bars; the words beside them say the same. What nothing limits has no bar. */
export function QuotaBars({ bars }: { readonly bars: readonly QuotaBar[] }) {
  const limited = bars.filter(({ hard }) => hard !== null);
  const free = bars.filter(({ hard, used }) => hard === null && used > 0);
  return (
    <div className="space-y-3">
      {limited.length === 0 && <p className="text-sm text-muted">{t("quota.none")}</p>}
      <ul className="grid gap-x-8 gap-y-4 sm:grid-cols-2">
        {limited.map((bar) => (
          <Bar key={bar.resource} bar={bar} />
        ))}
      </ul>
      {free.map(({ resource, text }) => (
        <p key={resource} className="text-sm text-muted">
          {t("quota.free", { text })}
        </p>
      ))}
    </div>
  );
}

export function Bar({ bar: { used, hard, text } }: { readonly bar: QuotaBar }) {
  const most = hard ?? 0;
  const isFull = used >= most;
  const percent = most === 0 ? 100 : Math.min(100, (100 * used) / most);
  return (
    <li>
      <p className="text-sm font-medium">{text}</p>
      <div aria-hidden className="mt-1.5 h-2.5 overflow-hidden rounded-full border border-line bg-sunken">
        <div
          className={classNames("h-full rounded-full", isFull ? "bg-danger-solid" : "bg-accent")}
          style={{ width: `${percent}%` }}
        />
      </div>
      {isFull && <p className="mt-1 text-xs text-danger">{t("quota.full")}</p>}
    </li>
  );
}
