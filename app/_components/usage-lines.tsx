import { hoursText } from "#app/_format/bars.ts";
import { t } from "#app/_text/t.ts";
import type { UsageMeasure } from "./usage-chart.tsx";

type Line = { readonly name: string } & { readonly [measure in UsageMeasure]: number };
type Props = { readonly title: string; readonly lines: readonly Line[]; readonly measure: UsageMeasure };

/** Who or what used how much, most first. */
export function UsageLines({ title, lines, measure }: Props) {
  const used = lines.filter((line) => line[measure] > 0).sort((a, b) => b[measure] - a[measure]);
  return (
    <div>
      <h3 className="text-sm font-medium">{title}</h3>
      {used.length === 0 ? (
        <p className="mt-1 text-sm text-muted">{t("usage.none")}</p>
      ) : (
        <ol className="mt-1 divide-y divide-line text-sm">
          {used.map((line) => (
            <li key={line.name} className="flex justify-between gap-4 py-1.5">
              <span className="min-w-0">{line.name}</span>
              <span className="whitespace-nowrap text-muted">{`${hoursText(line[measure])} ${t(`usage.${measure}`)}`}</span>
            </li>
          ))}
        </ol>
      )}
    </div>
  );
}
