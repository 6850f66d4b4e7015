"use client";

import { useQuery } from "@tanstack/react-query";
import { t } from "#app/_text/t.ts";
import { useTRPC } from "#app/_trpc/client.tsx";
import { Notice } from "./notice.tsx";
import { useNow } from "./time.tsx";

const askAgainMs = 60_000;

/** S-91: while somebody else may be in one's server, every page says so, and why. */
export function Guests() {
  const trpc = useTRPC();
  const now = useNow(askAgainMs);
  const history = useQuery(trpc.me.accessHistory.queryOptions({}, { refetchInterval: askAgainMs, retry: false }));
  const here = (history.data ?? []).filter(({ until }) => until > (now ?? new Date()));
  if (here.length === 0) return null;
  return (
    <Notice kind="warn">
      {here.map(({ id, by, serverName, reason, until }) => (
        <p key={id} className="break-words">
          <span className="font-medium">
            {t("guest.title", {
              by,
              server: serverName === "" ? t("me.opened.default") : `“${serverName}”`,
              time: timeText(until),
            })}
          </span>{" "}
          “{reason}”
        </p>
      ))}
    </Notice>
  );
}

function timeText(date: Date): string {
  return `${date.toISOString().slice(11, 16)} UTC`;
}
