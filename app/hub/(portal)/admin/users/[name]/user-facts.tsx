"use client";

import Link from "next/link";
import { type ReactNode, useState } from "react";
import { Button } from "#app/_components/button.tsx";
import { Card } from "#app/_components/card.tsx";
import { Ago } from "#app/_components/time.tsx";
import { dateText } from "#app/_format/duration.ts";
import { t } from "#app/_text/t.ts";
import type { UserRow } from "#server/api/views.ts";
import { groupPath } from "../../../groups/group-path.ts";
import { DisableUser } from "./disable-user.tsx";

export function UserFacts({ user, isMe }: { readonly user: UserRow; readonly isMe: boolean }) {
  const [asking, setAsking] = useState(false);
  return (
    <Card aria-labelledby="facts" className="space-y-4">
      <div className="flex flex-wrap items-center justify-between gap-3">
        <h2 id="facts" className="text-lg font-semibold">
          {t("admin.user.facts")}
        </h2>
        {!isMe && (
          <Button onClick={() => setAsking(true)}>
            {t(user.disabledAt === null ? "admin.user.disable" : "admin.user.enable")}
          </Button>
        )}
      </div>
      <dl className="grid grid-cols-2 gap-x-6 gap-y-3 sm:grid-cols-4">
        <Fact label={t("admin.user.state")}>
          {user.disabledAt === null
            ? t("admin.user.state.active")
            : t("admin.user.state.disabled", { date: dateText(user.disabledAt) })}
        </Fact>
        <Fact label={t("admin.user.role")}>{t(user.admin ? "admin.user.role.admin" : "admin.user.role.user")}</Fact>
        <Fact label={t("admin.user.added")}>{dateText(user.createdAt)}</Fact>
        <Fact label={t("fact.activity")}>
          {user.lastActivityAt === null ? t("never") : <Ago date={user.lastActivityAt} />}
        </Fact>
      </dl>
      <dl>
        <Fact label={t("admin.user.groups")}>
          {user.groups.length === 0 ? (
            t("admin.user.groups.none")
          ) : (
            <ul className="flex flex-wrap gap-x-4 gap-y-1">
              {user.groups.map((group) => (
                <li key={group}>
                  <Link href={groupPath(group)} prefetch={false} className="underline underline-offset-4">
                    {group}
                  </Link>
                </li>
              ))}
            </ul>
          )}
        </Fact>
      </dl>
      <DisableUser user={user} open={asking} onClose={() => setAsking(false)} />
    </Card>
  );
}

function Fact({ label, children }: { readonly label: string; readonly children: ReactNode }) {
  return (
    <div className="min-w-0">
      <dt className="text-sm text-muted">{label}</dt>
      <dd className="text-sm font-medium break-words">{children}</dd>
    </div>
  );
}
