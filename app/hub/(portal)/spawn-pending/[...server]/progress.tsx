"use client";

import { Progress as BaseProgress } from "@base-ui/react/progress";
import { Check, Circle, LoaderCircle, X } from "lucide-react";
import { Button, ButtonAnchor } from "#app/_components/button.tsx";
import { Card } from "#app/_components/card.tsx";
import { classNames } from "#app/_components/class-names.ts";
import { Notice } from "#app/_components/notice.tsx";
import { useNow } from "#app/_components/time.tsx";
import { durationText, roughDurationText } from "#app/_format/duration.ts";
import { t } from "#app/_text/t.ts";
import type { ProgressView } from "#server/api/views.ts";
import { EventList } from "./event-list.tsx";
import type { ProgressFeed } from "./use-progress.ts";

type Props = {
  readonly feed: Extract<ProgressFeed, { readonly progress: ProgressView }>;
  readonly fallbackUrl: string;
  readonly cancelling: boolean;
  onCancel(): void;
};

export function Progress({ feed, fallbackUrl, cancelling, onCancel }: Props) {
  const { progress } = feed;
  const isReady = progress.server.phase === "ready";
  return (
    <>
      <Card className="space-y-6">
        <BaseProgress.Root value={progress.percent} aria-label={t("pending.bar")} className="space-y-2">
          <BaseProgress.Track className="h-2.5 overflow-hidden rounded-full bg-sunken">
            <BaseProgress.Indicator className="h-full rounded-full bg-focus transition-[width] duration-500" />
          </BaseProgress.Track>
        </BaseProgress.Root>
        <div>
          <p role="status" className="font-medium">
            {progress.message}
          </p>
          <Times feed={feed} />
        </div>
        <Steps steps={progress.steps} />
        {feed.kind === "lost" && <Notice kind="warn">{t("pending.lost")}</Notice>}
        {isReady ? (
          <ButtonAnchor look="primary" href={fallbackUrl}>
            {t("server.open")}
          </ButtonAnchor>
        ) : (
          <Button disabled={cancelling || progress.server.phase === "stopping"} onClick={onCancel}>
            {cancelling || progress.server.phase === "stopping" ? t("phase.stopping") : t("pending.cancel")}
          </Button>
        )}
      </Card>
      <EventList events={progress.events} />
    </>
  );
}

/** Runs on between two messages from the hub. */
function Times({ feed }: Pick<Props, "feed">) {
  const now = useNow(1000);
  const { elapsedSeconds, expectedSeconds } = feed.progress;
  const since = now === null ? 0 : Math.max(0, (performance.now() - feed.receivedMs) / 1000);
  const elapsed = t("pending.elapsed", { time: durationText(elapsedSeconds + since) });
  const expected =
    expectedSeconds === null ? "" : ` ${t("pending.expected", { time: roughDurationText(expectedSeconds) })}`;
  return <p className="mt-1 text-sm text-muted">{`${elapsed}${expected}`}</p>;
}

const icons = {
  done: { Icon: Check, className: "text-ok" },
  active: { Icon: LoaderCircle, className: "text-focus animate-spin" },
  todo: { Icon: Circle, className: "text-muted" },
  failed: { Icon: X, className: "text-danger" },
} as const;

function Steps({ steps }: Pick<ProgressView, "steps">) {
  return (
    <ol className="space-y-2.5">
      {steps.map(({ key, label, state }) => {
        const { Icon, className } = icons[state];
        return (
          <li
            key={key}
            aria-current={state === "active" ? "step" : undefined}
            className="flex items-center gap-3 text-sm"
          >
            <Icon aria-hidden className={classNames("size-4 shrink-0", className)} />
            <span className={state === "todo" ? "text-muted" : undefined}>{label}</span>
            <span className="sr-only">{t(`step.${state}`)}</span>
          </li>
        );
      })}
    </ol>
  );
}
