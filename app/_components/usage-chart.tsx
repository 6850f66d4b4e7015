import { bucketLabel, hoursText, roundTop } from "#app/_format/bars.ts";
import { t } from "#app/_text/t.ts";

export type UsageMeasure = "cpuHours" | "memoryGibHours" | "gpuHours" | "serverHours";
export type UsageBucket = { readonly at: Date } & { readonly [measure in UsageMeasure]: number };

type Props = {
  readonly buckets: readonly UsageBucket[];
  readonly bucketSeconds: number;
  readonly measure: UsageMeasure;
  readonly label: string;
};

const width = 600;
const height = 160;
const gap = 2;

/** Bars over time, and the same as a table for whoever can't see them or wants the numbers. */
export function UsageChart({ buckets, bucketSeconds, measure, label }: Props) {
  const values = buckets.map((bucket) => bucket[measure]);
  const total = values.reduce((sum, value) => sum + value, 0);
  const [first, last] = [buckets[0], buckets.at(-1)];
  if (first === undefined || last === undefined || total === 0)
    return (
      <p className="rounded-lg border border-line bg-sunken px-4 py-10 text-center text-sm text-muted">
        {t("usage.none")}
      </p>
    );
  const most = Math.max(...values);
  const unit = t(`usage.${measure}`);
  const names = { from: bucketLabel(first.at, bucketSeconds), to: bucketLabel(last.at, bucketSeconds) };
  return (
    <figure className="space-y-2">
      <div className="flex gap-2">
        <Axis top={roundTop(most)} />
        <div className="min-w-0 flex-1">
          <Bars
            values={values}
            top={roundTop(most)}
            title={t("usage.chart", { label, total: hoursText(total), unit, most: hoursText(most), ...names })}
            names={buckets.map(({ at }) => bucketLabel(at, bucketSeconds))}
          />
          <div aria-hidden className="mt-1 flex justify-between text-xs text-muted">
            <span>{names.from}</span>
            <span>{names.to}</span>
          </div>
        </div>
      </div>
      <details className="text-sm">
        <summary className="cursor-pointer text-muted">{t("usage.chart.table")}</summary>
        <BucketTable buckets={buckets} bucketSeconds={bucketSeconds} measure={measure} label={label} />
      </details>
    </figure>
  );
}

function Axis({ top }: { readonly top: number }) {
  return (
    <div aria-hidden className="flex h-40 w-10 flex-col justify-between text-right text-xs text-muted tabular-nums">
      <span>{hoursText(top)}</span>
      <span>{hoursText(top / 2)}</span>
      <span>0</span>
    </div>
  );
}

type BarsProps = {
  readonly values: readonly number[];
  readonly top: number;
  readonly title: string;
  readonly names: readonly string[];
};

function Bars({ values, top, title, names }: BarsProps) {
  const step = width / values.length;
  return (
    <svg
      viewBox={`0 0 ${width} ${height}`}
      preserveAspectRatio="none"
      role="img"
      aria-label={title}
      className="h-40 w-full"
    >
      {[0, 0.5, 1].map((part) => (
        <line
          key={part}
          x1={0}
          x2={width}
          y1={height * part}
          y2={height * part}
          className="stroke-line"
          vectorEffect="non-scaling-stroke"
        />
      ))}
      {values.map((value, index) => (
        <rect
          key={names[index]}
          x={index * step + gap / 2}
          width={Math.max(1, step - gap)}
          y={height - (height * value) / top}
          height={(height * value) / top}
          className="fill-accent"
        >
          <title>{`${names[index]}: ${hoursText(value)}`}</title>
        </rect>
      ))}
    </svg>
  );
}

function BucketTable({ buckets, bucketSeconds, measure, label }: Props) {
  return (
    <table className="mt-2 w-full max-w-sm text-left text-sm">
      <caption className="sr-only">{label}</caption>
      <thead>
        <tr>
          <th scope="col" className="py-1 font-medium">
            {t("usage.when")}
          </th>
          <th scope="col" className="py-1 text-right font-medium">
            {t(`usage.${measure}`)}
          </th>
        </tr>
      </thead>
      <tbody>
        {buckets.map((bucket) => (
          <tr key={bucket.at.getTime()} className="border-t border-line">
            <td className="py-1">{bucketLabel(bucket.at, bucketSeconds)}</td>
            <td className="py-1 text-right tabular-nums">{hoursText(bucket[measure])}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
