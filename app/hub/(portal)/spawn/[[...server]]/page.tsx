import { notFound } from "next/navigation";
import { nextOf } from "#app/_auth/login-url.ts";
import { serverOfSegments } from "#app/_format/server-path.ts";
import { t } from "#app/_text/t.ts";
import { Prefetched, prefetch, requireMe } from "#app/_trpc/server.tsx";
import { choicesFromQuery } from "#server/profiles/choices.ts";
import { webSettings } from "#server/web/settings.ts";
import { SpawnForm } from "./spawn-form.tsx";

export const metadata = { title: t("spawn.title") };

type Props = {
  readonly params: Promise<{ readonly server?: string[] }>;
  readonly searchParams: Promise<Readonly<Record<string, string | string[] | undefined>>>;
};

export default async function SpawnPage({ params, searchParams }: Props) {
  const me = await requireMe();
  const server = serverOfSegments((await params).server ?? [encodeURIComponent(me.name)]);
  if (server === null) notFound();
  const query = await searchParams;
  // A link fills the form in; only its button starts something (S-34).
  const preset = choicesFromQuery(searchParamsOf(query));
  const next = typeof query.next === "string" ? nextOf(query.next, webSettings().publicUrl) : null;
  await prefetch((trpc) => trpc.servers.startOptions.queryOptions(server));
  return (
    <Prefetched>
      <SpawnForm
        me={me.name}
        server={server}
        next={next}
        preset={preset.ok ? preset.choices : null}
        presetProblem={preset.ok ? null : preset.problem.message}
      />
    </Prefetched>
  );
}

function searchParamsOf(query: Readonly<Record<string, string | string[] | undefined>>): URLSearchParams {
  return new URLSearchParams(
    Object.entries(query).flatMap(([key, value]) => [value ?? []].flat().map((text): [string, string] => [key, text])),
  );
}
