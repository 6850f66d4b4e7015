import { notFound } from "next/navigation";
import { nextOf } from "#app/_auth/login-url.ts";
import { serverOfSegments } from "#app/_format/server-path.ts";
import { t } from "#app/_text/t.ts";
import { requireMe } from "#app/_trpc/server.tsx";
import { webSettings } from "#server/web/settings.ts";
import { Pending } from "./pending.tsx";

export const metadata = { title: t("pending.title") };

type Props = {
  readonly params: Promise<{ readonly server: string[] }>;
  readonly searchParams: Promise<Readonly<Record<string, string | string[] | undefined>>>;
};

export default async function PendingPage({ params, searchParams }: Props) {
  await requireMe();
  const server = serverOfSegments((await params).server);
  if (server === null) notFound();
  const { next } = await searchParams;
  const goTo = typeof next === "string" ? nextOf(next, webSettings().publicUrl) : null;
  return <Pending server={server} next={goTo} />;
}
