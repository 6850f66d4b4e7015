import { headers } from "next/headers";
import { ButtonLink } from "./_components/button.tsx";
import { MessagePage } from "./_components/message-page.tsx";
import { t } from "./_text/t.ts";

export const metadata = { title: t("notFound.title") };

export default async function NotFound() {
  const requestId = (await headers()).get("x-request-id") ?? "";
  return (
    <MessagePage title={t("notFound.title")}>
      <p className="text-muted">{t("notFound.text")}</p>
      <ButtonLink href="/hub/home" look="primary">
        {t("nav.home")}
      </ButtonLink>
      <p className="font-mono text-xs text-muted">{t("problem.request", { id: requestId })}</p>
    </MessagePage>
  );
}
