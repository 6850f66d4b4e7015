import type { ReactNode } from "react";
import { ButtonLink } from "#app/_components/button.tsx";
import { PageTitle } from "#app/_components/card.tsx";
import { Notice } from "#app/_components/notice.tsx";
import { t } from "#app/_text/t.ts";
import { requireMe } from "#app/_trpc/server.tsx";
import { AdminNav } from "./admin-nav.tsx";
import { sectionsFor } from "./sections.ts";

/** A sentence instead of tables full of refusals; who may see what is the hub's to decide. */
export default async function AdminLayout({ children }: { readonly children: ReactNode }) {
  const me = await requireMe();
  if (me.scopes.includes("admin-ui"))
    return (
      <div className="space-y-6">
        <AdminNav names={sectionsFor(me.scopes)} />
        {children}
      </div>
    );
  return (
    <div className="space-y-6">
      <PageTitle>{t("admin.title")}</PageTitle>
      <Notice kind="warn">{t("admin.forbidden")}</Notice>
      <ButtonLink look="primary" href="/hub/home">
        {t("nav.home")}
      </ButtonLink>
    </div>
  );
}
