"use client";

import { Button } from "#app/_components/button.tsx";
import { Notice } from "#app/_components/notice.tsx";
import { Ago, useNow } from "#app/_components/time.tsx";
import { durationText } from "#app/_format/duration.ts";
import { t } from "#app/_text/t.ts";
import type { ServerView, StopView } from "#server/api/views.ts";
import type { ServerActions } from "./server-actions.ts";

type Props = { readonly server: ServerView; readonly actions: ServerActions };

/** That a server will stop by itself, and what to do about it; or why it did. */
export function StopNotice({ server, actions }: Props) {
  const { stop, lastStop, phase } = server;
  if (stop !== null) return <Announced stop={stop} actions={actions} />;
  if (lastStop === null || phase !== "stopped") return null;
  return (
    <p className="mt-4 text-sm text-muted">
      {lastStop.message} <Ago date={lastStop.at} />
    </p>
  );
}

function Announced({ stop, actions }: { readonly stop: StopView; readonly actions: ServerActions }) {
  return (
    <div className="mt-4">
      <Notice kind="warn" live>
        <p className="font-medium">
          <Countdown until={stop.at} />
        </p>
        <p className="mt-1">{stop.message}</p>
        {stop.canExtend && (
          <Button size="small" className="mt-3" disabled={actions.isBusy} onClick={actions.extend}>
            {t("stop.extend")}
          </Button>
        )}
      </Notice>
    </div>
  );
}

/** To the minute while there is time: a screen reader says what changes. */
function Countdown({ until }: { readonly until: Date }) {
  const now = useNow(1000);
  const seconds = (until.getTime() - (now ?? new Date()).getTime()) / 1000;
  const shown = seconds < 60 ? seconds : Math.ceil(seconds / 60) * 60;
  return (
    <time dateTime={until.toISOString()} suppressHydrationWarning>
      {seconds < 1 ? t("stop.now") : t("stop.in", { time: durationText(shown) })}
    </time>
  );
}
