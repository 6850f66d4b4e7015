import { redirect } from "next/navigation";
import { type LoginError, loginErrorOf, nextOf } from "#app/_auth/login-url.ts";
import { Announcements } from "#app/_components/announcements.tsx";
import { Logo } from "#app/_components/logo.tsx";
import { Notice } from "#app/_components/notice.tsx";
import { t } from "#app/_text/t.ts";
import { currentMe, Prefetched, prefetch } from "#app/_trpc/server.tsx";
import { askLoginOptions } from "#server/web/ask-hub.ts";
import { webSettings } from "#server/web/settings.ts";
import { AdminLink } from "./admin-link.tsx";
import { AutoLogin } from "./auto-login.tsx";
import { PasswordForm } from "./password-form.tsx";
import { ProviderButtons } from "./provider-buttons.tsx";

export const metadata = { title: t("login.title") };

type Query = Readonly<Record<string, string | string[] | undefined>>;

function textOf(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value;
}

export default async function LoginPage({ searchParams }: { readonly searchParams: Promise<Query> }) {
  const query = await searchParams;
  const { brand, publicUrl } = webSettings();
  const next = nextOf(textOf(query.next) ?? textOf(query.callbackUrl), publicUrl);
  const code = textOf(query.code);
  const error = loginErrorOf(textOf(query.error));
  const isLoggedOut = query["logged-out"] !== undefined;
  if (code === undefined && error === null && (await currentMe().catch(() => null)) !== null) redirect(next);
  await prefetch((trpc) => trpc.announcements.current.queryOptions());
  return (
    <main className="mx-auto flex min-h-dvh w-full max-w-sm flex-col justify-center px-4 py-10">
      <Logo large className="mb-5" />
      <h1 className="text-2xl font-semibold tracking-tight">
        {code === undefined ? t("login.heading", { brand: brand.name }) : t("adminLink.heading")}
      </h1>
      <div className="mt-6 space-y-6">
        <Prefetched>
          <Announcements />
        </Prefetched>
        {error !== null && (
          <Notice kind="danger" live>
            {sentenceFor(error, textOf(query.retry))}
          </Notice>
        )}
        {isLoggedOut && (
          <Notice kind="ok" live>
            {t("login.loggedOut")}
          </Notice>
        )}
        {code === undefined ? (
          <Ways next={next} mayGoOn={error === null && !isLoggedOut} />
        ) : (
          <AdminLink code={code} next={next} />
        )}
      </div>
    </main>
  );
}

async function Ways({ next, mayGoOn }: { readonly next: string; readonly mayGoOn: boolean }) {
  const options = await askLoginOptions().catch(() => null);
  if (options === null) return <Notice kind="danger">{t("login.error.unavailable")}</Notice>;
  const method = options.local ? "local" : options.dummy ? "dummy" : null;
  // One attempt only: a refused one must not send the browser round and round, nor a logout log in again.
  if (options.autoLogin !== null && mayGoOn) return <AutoLogin provider={options.autoLogin} next={next} />;
  return (
    <>
      {options.providers.length > 0 && <ProviderButtons providers={options.providers} next={next} />}
      {options.providers.length > 0 && method !== null && (
        <p className="flex items-center gap-4 text-sm text-muted before:h-px before:flex-1 before:bg-line after:h-px after:flex-1 after:bg-line">
          {t("login.or")}
        </p>
      )}
      {method !== null && <PasswordForm method={method} next={next} />}
      {method === "dummy" && <Notice kind="warn">{t("login.dummy")}</Notice>}
      {method === null && options.providers.length === 0 && <Notice kind="danger">{t("login.none")}</Notice>}
    </>
  );
}

function sentenceFor(error: LoginError, retry: string | undefined): string {
  const seconds = Number(retry);
  if (error === "throttled" && Number.isInteger(seconds) && seconds > 0)
    return t("login.error.throttled.in", { seconds });
  return t(`login.error.${error}`);
}
