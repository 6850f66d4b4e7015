"use client";

import { Button, ButtonAnchor } from "./_components/button.tsx";
import { ErrorId } from "./_components/error-id.tsx";
import { MessagePage } from "./_components/message-page.tsx";
import { t } from "./_text/t.ts";

type Props = { readonly error: Error & { readonly digest?: string } };

/** A page that couldn't be made, nearly always because the hub is restarting. Running servers don't notice. */
export default function ErrorPage({ error }: Props) {
  return (
    <MessagePage title={t("error.title")}>
      <p className="text-muted">{t("error.text")}</p>
      <div className="flex flex-wrap gap-3">
        <Button look="primary" onClick={() => location.reload()}>
          {t("problem.retry")}
        </Button>
        <ButtonAnchor href="/hub/home">{t("nav.home")}</ButtonAnchor>
      </div>
      <ErrorId digest={error.digest} />
    </MessagePage>
  );
}
