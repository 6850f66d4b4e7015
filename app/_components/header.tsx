"use client";

import { Menu } from "@base-ui/react/menu";
import { useQuery } from "@tanstack/react-query";
import { ChevronDown } from "lucide-react";
import Link from "next/link";
import { usePathname } from "next/navigation";
import { t } from "#app/_text/t.ts";
import { useTRPC } from "#app/_trpc/client.tsx";
import { buttonClass } from "./button.tsx";
import { classNames } from "./class-names.ts";
import { Logo } from "./logo.tsx";
import { ThemeToggle } from "./theme-toggle.tsx";

type Props = { readonly name: string; readonly admin: boolean; readonly brand: string };

export function Header({ name, admin, brand }: Props) {
  return (
    <header className="border-b border-line bg-surface">
      <div className="mx-auto flex max-w-5xl flex-wrap items-center gap-x-6 gap-y-1 px-4 py-2 sm:px-6">
        <Link href="/hub/home" prefetch={false} className="flex items-center gap-2.5 rounded-md py-1 font-semibold">
          <Logo />
          <span className="max-w-32 truncate sm:max-w-64">{brand}</span>
        </Link>
        <nav
          aria-label={t("nav.label")}
          className="order-last -mx-2 flex w-full gap-1 overflow-x-auto sm:order-none sm:mx-0 sm:w-auto"
        >
          <NavLink href="/hub/home">{t("nav.home")}</NavLink>
          <GroupsLink />
          {admin && (
            <NavLink href="/hub/admin/users" under="/hub/admin/">
              {t("nav.admin")}
            </NavLink>
          )}
        </nav>
        <div className="ml-auto flex items-center gap-1">
          <ThemeToggle />
          <AccountMenu name={name} />
        </div>
      </div>
    </header>
  );
}

/** For everybody who is in a group. */
function GroupsLink() {
  const trpc = useTRPC();
  const groups = useQuery({ ...trpc.groups.mine.queryOptions(), staleTime: 60_000 });
  if (groups.data === undefined || groups.data.length === 0) return null;
  return (
    <NavLink href="/hub/groups" under="/hub/groups/">
      {t("nav.groups")}
    </NavLink>
  );
}

/** `under`: the pages that belong to it. */
function NavLink({
  href,
  under,
  children,
}: {
  readonly href: string;
  readonly under?: string;
  readonly children: string;
}) {
  const path = usePathname();
  const current = path === href || (under !== undefined && path.startsWith(under));
  return (
    <Link
      href={href}
      prefetch={false}
      aria-current={current ? "page" : undefined}
      className={classNames(
        "rounded-md px-3 py-2 text-sm whitespace-nowrap hover:bg-sunken",
        current ? "font-semibold text-ink underline decoration-accent decoration-2 underline-offset-8" : "text-muted",
      )}
    >
      {children}
    </Link>
  );
}

function AccountMenu({ name }: { readonly name: string }) {
  const item = "flex min-h-9 items-center px-4 outline-hidden data-highlighted:bg-sunken";
  return (
    <Menu.Root>
      <Menu.Trigger className={classNames(buttonClass({ look: "quiet" }), "max-w-44 px-3 sm:max-w-64")}>
        <span className="truncate">{name}</span>
        <ChevronDown aria-hidden className="size-4 shrink-0" />
      </Menu.Trigger>
      <Menu.Portal>
        <Menu.Positioner sideOffset={4} align="end" className="z-10">
          <Menu.Popup className="min-w-44 rounded-md border border-line bg-surface py-1 text-sm text-ink shadow-lg outline-hidden">
            <Menu.Item className={item} render={<Link href="/hub/token" prefetch={false} />}>
              {t("nav.tokens")}
            </Menu.Item>
            <Menu.Item className={item} render={<Link href="/hub/account" prefetch={false} />}>
              {t("nav.account")}
            </Menu.Item>
            <Menu.Separator className="my-1 h-px bg-line" />
            <Menu.Item className={item} render={<Link href="/hub/logout" prefetch={false} />}>
              {t("nav.logout")}
            </Menu.Item>
          </Menu.Popup>
        </Menu.Positioner>
      </Menu.Portal>
    </Menu.Root>
  );
}
