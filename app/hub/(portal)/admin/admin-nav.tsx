"use client";

import Link from "next/link";
import { usePathname } from "next/navigation";
import { useEffect, useRef } from "react";
import { classNames } from "#app/_components/class-names.ts";
import { t } from "#app/_text/t.ts";
import type { SectionName } from "./sections.ts";

/** One row that scrolls by itself where it doesn't fit. */
export function AdminNav({ names }: { readonly names: readonly SectionName[] }) {
  const path = usePathname();
  const current = useRef<HTMLAnchorElement>(null);
  useEffect(() => {
    if (path !== "") current.current?.scrollIntoView({ block: "nearest", inline: "center" });
  }, [path]);
  return (
    <nav aria-label={t("admin.sections")} className="-mx-2 mb-6 overflow-x-auto border-b border-line px-2">
      <ul className="flex gap-1">
        {names.map((name) => {
          const href = `/hub/admin/${name}`;
          const within = path === href || path.startsWith(`${href}/`);
          return (
            <li key={name}>
              <Link
                ref={within ? current : undefined}
                href={href}
                prefetch={false}
                aria-current={path === href ? "page" : within ? "true" : undefined}
                className={classNames(
                  "block border-b-2 px-3 py-2.5 text-sm whitespace-nowrap hover:bg-sunken",
                  within ? "border-accent font-semibold text-ink" : "border-transparent text-muted",
                )}
              >
                {t(`admin.nav.${name}`)}
              </Link>
            </li>
          );
        })}
      </ul>
    </nav>
  );
}
