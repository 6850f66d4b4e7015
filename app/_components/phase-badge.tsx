import { t } from "#app/_text/t.ts";
import type { PhaseView } from "#server/api/views.ts";
import { classNames } from "./class-names.ts";

const looks: Record<PhaseView, string> = {
  ready: "bg-ok-soft text-ok",
  queued: "bg-wait-soft text-wait",
  spawning: "bg-wait-soft text-wait",
  starting: "bg-wait-soft text-wait",
  stopping: "bg-warn-soft text-warn",
  stopped: "bg-sunken text-muted",
  failed: "bg-danger-soft text-danger",
};

type Props = { readonly phase: PhaseView; readonly queuePosition?: number | null };

export function PhaseBadge({ phase, queuePosition = null }: Props) {
  const isInLine = phase === "queued" && queuePosition !== null;
  return (
    <span
      className={classNames(
        "inline-flex items-center gap-2 rounded-full px-3 py-0.5 text-sm font-medium whitespace-nowrap",
        looks[phase],
      )}
    >
      <span aria-hidden className="size-2 rounded-full bg-current" />
      {isInLine ? t("phase.queued.at", { position: queuePosition }) : t(`phase.${phase}`)}
    </span>
  );
}
