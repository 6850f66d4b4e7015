import type { ReactNode } from "react";
import { Announcements } from "#app/_components/announcements.tsx";
import { BackendAway } from "#app/_components/backend-away.tsx";
import { Guests } from "#app/_components/guests.tsx";
import { Header } from "#app/_components/header.tsx";
import { Notice } from "#app/_components/notice.tsx";
import { t } from "#app/_text/t.ts";
import { Prefetched, prefetch, requireMe } from "#app/_trpc/server.tsx";
import { webSettings } from "#server/web/settings.ts";

/** Every page of somebody who is logged in. What they may see is still asked of the hub, page by page. */
export default async function PortalLayout({ children }: { readonly children: ReactNode }) {
  const me = await requireMe();
  const { trustNotes } = me.hub;
  await Promise.all([
    prefetch((trpc) => trpc.hub.backend.queryOptions()),
    prefetch((trpc) => trpc.announcements.current.queryOptions()),
    prefetch((trpc) => trpc.me.accessHistory.queryOptions({})),
    prefetch((trpc) => trpc.groups.mine.queryOptions()),
  ]);
  return (
    <>
      <a
        href="#main"
        className="sr-only focus:not-sr-only focus:absolute focus:m-2 focus:rounded-md focus:bg-surface focus:px-4 focus:py-2"
      >
        {t("nav.skip")}
      </a>
      <Prefetched>
        <Header name={me.name} admin={me.admin} brand={webSettings().brand.name} />
      </Prefetched>
      {trustNotes.length > 0 && (
        <div className="mx-auto max-w-5xl px-4 pt-4 sm:px-6">
          <Notice kind="warn">
            <p className="font-medium">{t("trust.title")}</p>
            {trustNotes.map((note) => (
              <p key={note}>{note}</p>
            ))}
          </Notice>
        </div>
      )}
      <div className="mx-auto max-w-5xl space-y-2 px-4 pt-4 empty:hidden sm:px-6">
        <Prefetched>
          <BackendAway />
          <Guests />
          <Announcements />
        </Prefetched>
      </div>
      <main id="main" className="mx-auto w-full max-w-5xl px-4 py-8 sm:px-6">
        {children}
      </main>
    </>
  );
}
