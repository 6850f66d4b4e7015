import { PageTitle } from "#app/_components/card.tsx";
import { t } from "#app/_text/t.ts";
import { Prefetched, prefetch, requireMe } from "#app/_trpc/server.tsx";
import { Logins } from "./logins.tsx";
import { MyUsage } from "./my-usage.tsx";
import { Opened } from "./opened.tsx";
import { PasswordChange } from "./password-change.tsx";
import { StopChoice } from "./stop-choice.tsx";

export const metadata = { title: t("account.title") };

export default async function AccountPage() {
  const me = await requireMe();
  await Promise.all([
    prefetch((trpc) => trpc.sessions.list.queryOptions({})),
    prefetch((trpc) => trpc.usage.mine.queryOptions({ days: 30 })),
    prefetch((trpc) => trpc.me.accessHistory.queryOptions({})),
    prefetch((trpc) => trpc.culling.mine.queryOptions()),
  ]);
  return (
    <div className="max-w-3xl space-y-8">
      <div>
        <PageTitle>{t("account.title")}</PageTitle>
        <p className="mt-1 text-muted">
          {me.admin ? t("account.name.admin", { name: me.name }) : t("account.name", { name: me.name })}
        </p>
      </div>
      <Prefetched>
        <MyUsage />
        <StopChoice />
        <Logins />
        <Opened />
      </Prefetched>
      <div className="max-w-lg">
        {me.hasPassword ? (
          <PasswordChange name={me.name} />
        ) : (
          <p className="text-sm text-muted">{t("account.noPassword")}</p>
        )}
      </div>
      <p className="text-sm text-muted">{t("account.version", { version: me.hub.version })}</p>
    </div>
  );
}
