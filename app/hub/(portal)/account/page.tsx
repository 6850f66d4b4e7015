import { PageTitle } from "#app/_components/card.tsx";
import { t } from "#app/_text/t.ts";
import { requireMe } from "#app/_trpc/server.tsx";
import { PasswordChange } from "./password-change.tsx";

export const metadata = { title: t("account.title") };

export default async function AccountPage() {
  const me = await requireMe();
  return (
    <div className="max-w-lg space-y-6">
      <div>
        <PageTitle>{t("account.title")}</PageTitle>
        <p className="mt-1 text-muted">
          {me.admin ? t("account.name.admin", { name: me.name }) : t("account.name", { name: me.name })}
        </p>
      </div>
      {me.hasPassword ? (
        <PasswordChange name={me.name} />
      ) : (
        <p className="text-sm text-muted">{t("account.noPassword")}</p>
      )}
      <p className="text-sm text-muted">{t("account.version", { version: me.hub.version })}</p>
    </div>
  );
}
